import { type ReadonlySignal, signal } from "@preact/signals";
import type { Lab } from "../model/lab.ts";
import type { Answer } from "./answer.ts";
import { beginInquiry, InquiryError, type Progress } from "./inquiry.ts";
import type { Question } from "./questions.ts";

/** How a question stands. */
export type Finding =
  | { readonly kind: "open" }
  | { readonly kind: "measuring"; readonly progress: Progress }
  | { readonly kind: "answered"; readonly answer: Answer }
  | { readonly kind: "failed"; readonly message: string };

/** Asks questions, one at a time: all experiments share the lanes and their weather. */
export interface Study {
  /** The question being measured. */
  readonly busy: ReadonlySignal<Question | null>;
  finding(question: Question): Finding;
  /** Measures; resolves when it is answered, failed or stopped, and the weather is again what it was. */
  ask(question: Question): Promise<void>;
  stop(): void;
}

const OPEN: Finding = { kind: "open" };

const STUDIES = new WeakMap<Lab, Study>();

/** The laboratory's one study: what was found stays as long as its lanes do. */
export function studyOf(lab: Lab): Study {
  const known = STUDIES.get(lab) ?? createStudy(lab);
  STUDIES.set(lab, known);
  return known;
}

export function createStudy(lab: Lab): Study {
  const findings = signal<ReadonlyMap<Question, Finding>>(new Map());
  const busy = signal<Question | null>(null);
  let life = new AbortController();

  function note(question: Question, finding: Finding): void {
    findings.value = new Map(findings.peek()).set(question, finding);
  }

  return {
    busy,
    finding: (question) => findings.value.get(question) ?? OPEN,
    async ask(question) {
      if (busy.peek() !== null) return;
      const { signal: stopped } = life;
      const before = findings.peek().get(question) ?? OPEN;
      const setBack = lab.sky.keep();
      const speaker = lab.speaker.peek();
      busy.value = question;
      note(question, { kind: "measuring", progress: { says: "", share: 0 } });
      try {
        const tell = (progress: Progress): void => note(question, { kind: "measuring", progress });
        const answer = await question.measure(await beginInquiry(lab, stopped, tell));
        note(question, { kind: "answered", answer });
      } catch (error) {
        if (stopped.aborted) note(question, before);
        else note(question, { kind: "failed", message: messageOf(error) });
      } finally {
        setBack();
        lab.setSpeaker(speaker);
        busy.value = null;
      }
    },
    stop() {
      life.abort();
      life = new AbortController();
    },
  };
}

function messageOf(error: unknown): string {
  if (error instanceof InquiryError) return error.message;
  return `The experiment failed: ${error instanceof Error ? error.message : String(error)}`;
}
