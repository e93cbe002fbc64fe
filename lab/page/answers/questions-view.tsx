/** The questions below the race, each with its experiment and its result. */
import "./answers.css";
import { useEffect, useMemo } from "preact/hooks";
import { styleOf, TransportIcon } from "../../../public/view/transports.tsx";
import { hrefOf, isPlainClick, serverOf } from "../address.ts";
import { useLab } from "../context.ts";
import { transportTitle } from "../format.ts";
import type { Answer, Finding } from "../model/finding.ts";
import { createExperimentRunner, type ExperimentRunner, type Question } from "./experiment.ts";
import { QUESTIONS } from "./questions.ts";

export function Questions() {
  const lab = useLab();
  const runner = useMemo(() => createExperimentRunner(lab), [lab]);
  useEffect(() => () => runner.stop(), [runner]);
  return (
    <section class="answers" aria-labelledby="answers">
      <h2 id="answers">Questions, answered by experiment</h2>
      <p class="answers-lead">
        Each button runs an experiment on the lanes above, which you can watch meanwhile. Your weather is restored
        afterwards.
      </p>
      <div class="answers-cards">
        {QUESTIONS.map((question) => (
          <Card key={question.name} question={question} runner={runner} closed={lab.state.value.kind !== "open"} />
        ))}
      </div>
    </section>
  );
}

interface CardProps {
  readonly question: Question;
  readonly runner: ExperimentRunner;
  readonly closed: boolean;
}

function Card({ question, runner, closed }: CardProps) {
  const finding = runner.finding(question);
  const busy = runner.busy.value;
  const id = `answer-${question.name}`;
  return (
    <article class="answer" aria-labelledby={id} data-question={question.name} data-finding={finding.kind}>
      <h3 id={id}>{question.title}</h3>
      <p class="soft">{question.does}</p>
      <div class="answer-act">
        {finding.kind === "measuring" ? (
          <button type="button" class="quiet-button" onClick={runner.stop}>
            Stop<span class="sr">: {question.title}</span>
          </button>
        ) : (
          <button
            type="button"
            class="quiet-button"
            disabled={closed || busy !== null}
            onClick={() => void runner.ask(question)}
          >
            {finding.kind === "not-measured" ? "Measure it" : "Measure again"}
            <span class="sr">: {question.title}</span>
          </button>
        )}
        {finding.kind === "measuring" && (
          <>
            <progress value={finding.progress.share} max={1} aria-label={question.title} />
            <span class="soft figure">{finding.progress.says}</span>
          </>
        )}
        {finding.kind === "not-measured" && <span class="soft">not measured yet</span>}
      </div>
      <p class={finding.kind === "failed" ? "answer-says unclean" : "answer-says"} role="status">
        {statusOf(finding)}
      </p>
      {finding.kind === "answered" && <Findings answer={finding.answer} more={question.more} />}
    </article>
  );
}

/** Returns what screen readers announce: once at the start, once at the end. */
function statusOf(finding: Finding) {
  switch (finding.kind) {
    case "not-measured":
      return null;
    case "measuring":
      return <span class="sr">Measuring.</span>;
    case "answered":
      return finding.answer.says;
    case "failed":
      return finding.message;
  }
}

interface FindingsProps {
  readonly answer: Answer;
  readonly more: Question["more"];
}

/** Shows an answer: a bar for each lane, to scale, and values that anyone can check. */
function Findings({ answer: { rows, proofs }, more }: FindingsProps) {
  const longest = Math.max(0, ...rows.map(({ value }) => value));
  return (
    <>
      {rows.length > 0 && (
        <ul class="answer-rows">
          {rows.map(({ transport, value, figure }) => (
            <li key={transport} class={styleOf(transport).tone} data-transport={transport}>
              <b>
                <TransportIcon transport={transport} />
                {transportTitle(transport)}
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
          <a href={hrefOf(more.section, serverOf(location.href))} class="link" onClick={follow}>
            {more.says}
          </a>
        </p>
      )}
    </>
  );
}

/** Follows a link without leaving the page, so that the lanes keep running. */
function follow(event: MouseEvent & { readonly currentTarget: HTMLAnchorElement }): void {
  if (!isPlainClick(event)) return;
  event.preventDefault();
  history.pushState(null, "", event.currentTarget.href);
  window.dispatchEvent(new PopStateEvent("popstate"));
  window.scrollTo(0, 0);
}
