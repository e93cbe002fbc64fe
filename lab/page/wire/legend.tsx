import { PURPOSES } from "../../engine/anatomy/index.ts";

/** What the colours and lines of bytes mean. */
export function Legend() {
  return (
    <section class="wire-legend" aria-label="What the colours mean">
      <dl>
        {Object.entries(PURPOSES).map(([purpose, { title, says }]) => (
          <div key={purpose}>
            <dt class={`wire-purpose p-${purpose}`}>{title}</dt>
            <dd>{says}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
