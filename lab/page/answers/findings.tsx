import { styleOf, TransportIcon } from "../../../public/view/transports.tsx";
import { hrefOf, serverOf } from "../model/route.ts";
import { titleOf } from "../race/title.ts";
import type { Answer } from "./answer.ts";
import type { Question } from "./questions.ts";

interface FindingsProps {
  readonly answer: Answer;
  readonly more: Question["more"];
}

/** An answer by lane, drawn to scale, and what proves it. */
export function Findings({ answer: { rows, proofs }, more }: FindingsProps) {
  const longest = Math.max(0, ...rows.map(({ value }) => value));
  return (
    <>
      {rows.length > 0 && (
        <ul class="answer-rows">
          {rows.map(({ transport, value, figure }) => (
            <li key={transport} class={styleOf(transport).tone} data-transport={transport}>
              <b>
                <TransportIcon transport={transport} />
                {titleOf(transport)}
              </b>
              <span class="answer-track" aria-hidden="true">
                <i style={{ width: `${longest === 0 ? 0 : (value / longest) * 100}%` }} />
              </span>
              <span class="figure">{figure}</span>
            </li>
          ))}
        </ul>
      )}
      {proofs.length > 0 && (
        <dl class="answer-proofs">
          {proofs.map(({ name, text }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <code>{text}</code>
              </dd>
            </div>
          ))}
        </dl>
      )}
      {more !== undefined && (
        <p>
          <a href={hrefOf(more.part, serverOf(location.href))} class="link" onClick={follow}>
            {more.says}
          </a>
        </p>
      )}
    </>
  );
}

/** Goes there within the page, so that the lanes go on. */
function follow(event: MouseEvent & { readonly currentTarget: HTMLAnchorElement }): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  history.pushState(null, "", event.currentTarget.href);
  window.dispatchEvent(new PopStateEvent("popstate"));
  window.scrollTo(0, 0);
}
