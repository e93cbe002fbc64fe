import { PURPOSES } from "../../engine/decoder/index.ts";

/** What the colours and lines of bytes mean. */
export function Legend() {
  return (
    <section class="wire-legend" aria-label="What the colours mean">
      <dl>
        {Object.entries(PURPOSES).map(([purpose, { title, description }]) => (
          <div key={purpose}>
            <dt class={`wire-purpose p-${purpose}`}>{title}</dt>
            <dd>{description}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
