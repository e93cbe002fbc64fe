import "./answers.css";
import { useEffect } from "preact/hooks";
import { useLab } from "../context.ts";
import { Card } from "./card.tsx";
import { QUESTIONS } from "./questions.ts";
import { studyOf } from "./study.ts";

/** Questions that are often asked, and answered here by measuring. */
export function Questions() {
  const lab = useLab();
  const study = studyOf(lab);
  useEffect(() => () => study.stop(), [study]);
  return (
    <section class="answers" aria-labelledby="answers">
      <h2 id="answers">Questions to the lanes</h2>
      <p class="answers-lead">
        Each is answered by an experiment with the lanes above, one at a time; watch them meanwhile. Afterwards the
        weather is what it was.
      </p>
      <div class="answers-cards">
        {QUESTIONS.map((question) => (
          <Card key={question.name} question={question} study={study} closed={lab.state.value.kind !== "open"} />
        ))}
      </div>
    </section>
  );
}
