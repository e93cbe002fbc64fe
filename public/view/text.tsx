import { pieces } from "../model/text.ts";

/** A message's text as it was sent; http and https addresses can be followed. */
export function Text({ text }: { readonly text: string }) {
  return (
    <p class="text" dir="auto">
      {pieces(text).map((piece) =>
        piece.kind === "text" ? (
          piece.text
        ) : (
          <a href={piece.href} target="_blank" rel="noopener noreferrer nofollow">
            {piece.text}
          </a>
        ),
      )}
    </p>
  );
}
