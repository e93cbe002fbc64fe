import { useEffect, useState } from "preact/hooks";

const SAID_MS = 2_000;

interface CommandBoxProps {
  readonly title: string;
  readonly command: string;
}

/** A command line to be copied into a terminal. */
export function CommandBox({ title, command }: CommandBoxProps) {
  const [said, say] = useState("");
  useEffect(() => {
    if (said === "") return;
    const timer = setTimeout(() => say(""), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = (): void => {
    // There is no clipboard where the page came by plain HTTP from another machine.
    const clipboard: Clipboard | undefined = navigator.clipboard;
    const byHand = () => say("Not copied: select it and copy it by hand");
    if (clipboard === undefined) byHand();
    else clipboard.writeText(command).then(() => say("Copied"), byHand);
  };
  return (
    <div class="wire-command">
      <p>
        <span>{title}</span>
        <span role="status">{said}</span>
        <button type="button" class="link" aria-label={`Copy: ${title}`} onClick={copy}>
          Copy
        </button>
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <pre tabIndex={0}>
        <code>{command}</code>
      </pre>
    </div>
  );
}
