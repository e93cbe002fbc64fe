import { Findings } from "./findings.tsx";
import type { Question } from "./questions.ts";
import type { Finding, Study } from "./study.ts";

interface CardProps {
  readonly question: Question;
  readonly study: Study;
  readonly closed: boolean;
}

/** A question with its experiment, and what that has found. */
export function Card({ question, study, closed }: CardProps) {
  const finding = study.finding(question);
  const busy = study.busy.value;
  const id = `answer-${question.name}`;
  return (
    <article class="answer" aria-labelledby={id} data-question={question.name} data-finding={finding.kind}>
      <h3 id={id}>{question.title}</h3>
      <p class="soft">{question.does}</p>
      <div class="answer-act">
        {finding.kind === "measuring" ? (
          <button type="button" class="quiet-button" onClick={study.stop}>
            Stop<span class="sr">: {question.title}</span>
          </button>
        ) : (
          <button
            type="button"
            class="quiet-button"
            disabled={closed || busy !== null}
            onClick={() => void study.ask(question)}
          >
            {finding.kind === "open" ? "Measure it" : "Measure again"}
            <span class="sr">: {question.title}</span>
          </button>
        )}
        {finding.kind === "measuring" && (
          <>
            <progress value={finding.progress.share} max={1} aria-label={question.title} />
            <span class="soft figure">{finding.progress.says}</span>
          </>
        )}
        {finding.kind === "open" && <span class="soft">not measured yet</span>}
      </div>
      <p class={finding.kind === "failed" ? "answer-says unclean" : "answer-says"} role="status">
        {wordsOf(finding)}
      </p>
      {finding.kind === "answered" && <Findings answer={finding.answer} more={question.more} />}
    </article>
  );
}

/** What is read out: once when it begins, once when it ends. */
function wordsOf(finding: Finding) {
  switch (finding.kind) {
    case "open":
      return null;
    case "measuring":
      return <span class="sr">Measuring.</span>;
    case "answered":
      return finding.answer.says;
    case "failed":
      return finding.message;
  }
}
