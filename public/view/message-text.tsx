import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { type Piece, pieces } from "../model/text.ts";

/** A text up to this length never fills `FEW_LINES`, however narrow the window. It needs no measuring. */
const SHORT_CHARACTERS = 100;
const FEW_LINES = 12;

/** Shows a message's text with links and code. Each line has its own text direction; a long text is folded. */
export function MessageText({ text }: { readonly text: string }) {
  const long = text.length > SHORT_CHARACTERS || text.split("\n").length > FEW_LINES;
  return long ? (
    <FoldedText text={text} />
  ) : (
    <p class="text" dir="auto">
      {pieces(text).map(draw)}
    </p>
  );
}

/** Shows twelve lines, and a button for the rest if there is any. */
function FoldedText({ text }: { readonly text: string }) {
  const box = useRef<HTMLParagraphElement>(null);
  const folds = useSignal(false);
  const open = useSignal(false);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const measure = (): void => {
      if (!open.peek()) folds.value = element.scrollHeight > element.clientHeight + 1;
    };
    measure();
    // The number of lines depends on the window's width.
    const resized = new ResizeObserver(measure);
    resized.observe(element);
    return () => resized.disconnect();
  }, [open, folds]);

  return (
    <>
      <p ref={box} class={`text ${open.value ? "" : "folded"} ${folds.value && !open.value ? "cut" : ""}`} dir="auto">
        {pieces(text).map(draw)}
      </p>
      {folds.value && (
        <button
          type="button"
          class="link fold"
          aria-expanded={open.value}
          onClick={() => {
            open.value = !open.value;
          }}
        >
          {open.value ? "Show less" : "Show more"}
        </button>
      )}
    </>
  );
}

function draw(piece: Piece) {
  switch (piece.kind) {
    case "text":
      return piece.source;
    case "link":
      return (
        <a href={piece.href} target="_blank" rel="noopener noreferrer nofollow">
          {piece.source}
        </a>
      );
    case "code":
      return <code>{piece.code}</code>;
    case "block":
      return (
        <code class="block" dir="ltr">
          {piece.code}
        </code>
      );
  }
}
