import type { Results } from "../results.ts";
import { escapeHtml, prose } from "./html-text.ts";
import { byLeg, glyph, SIGNS } from "./look.ts";
import { marker } from "./svg/parts.ts";

/** Where, when and of what a run was made: without it a number means nothing. */
export function provenance(results: Results): string {
  const entries = describeRun(results).map(
    ([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`,
  );
  return `<dl class="provenance">${entries.join("")}</dl>`;
}

function describeRun({
  machine: { cpu, cores, memoryBytes, system, versions, load, governor, clocksource, openFiles },
  commit,
  argv,
  seed,
  started,
  finished,
  pinned,
  loadAfter,
}: Results): readonly (readonly [name: string, value: string])[] {
  const details = [
    governor ? [`governor ${governor}`] : [],
    clocksource ? [`clock ${clocksource}`] : [],
    openFiles ? [`${openFiles.toLocaleString("en-US")} open files a process`] : [],
  ].flat();
  return [
    ["machine", [cpu, `${cores} CPUs`, `${(memoryBytes / 2 ** 30).toFixed(0)} GiB`, system, ...details].join(", ")],
    ["versions", `Node ${versions.node}, V8 ${versions.v8}, libuv ${versions.uv}`],
    ["processes", pinned ? "servers on CPU 0, load generator on CPU 1" : "not bound to CPUs: expect more noise"],
    ["commit", commit === null ? "outside a repository" : `${commit.id}${commit.changed ? ", with changes" : ""}`],
    ["command", `npm run bench${argv.length === 0 ? "" : ` -- ${argv.join(" ")}`}`],
    ["seed", String(seed)],
    ["time", `${minute(started)} to ${minute(finished)} UTC`],
    ["load", `${load.toFixed(2)} before, ${loadAfter.toFixed(2)} after`],
  ];
}

/** What colours, lines and markers stand for. */
export function legend(): string {
  const legs = SIGNS.map(
    (sign) =>
      `<li class="${sign.tone}">${glyph(sign)}<svg class="sample" viewBox="0 0 36 10" aria-hidden="true"><path d="M1 5h34" class="curve ours" stroke-dasharray="${sign.dash}"/></svg><span>${escapeHtml(sign.title)}</span></li>`,
  );
  const kinds = (
    [
      ["ours", "Skyrocket"],
      ["peer", "a peer"],
      ["floor", "a floor: a server that does nothing else"],
    ] as const
  ).map(
    ([kind, title]) =>
      `<li><svg class="glyph bare ${kind}" viewBox="0 0 16 16" aria-hidden="true">${marker({ kind }, "50%")}</svg><span>${title}</span></li>`,
  );
  const bound = `<li><svg class="glyph" viewBox="0 0 16 16" aria-hidden="true"><path d="M8 1v14" class="bound"/></svg><span>the bound of a target</span></li>`;
  return `<ul class="legend">${[...legs, ...kinds, bound].join("")}</ul>`;
}

/** Every row's version and settings, and why others are missing. */
export function rowTable({ rows, skipped }: Results): string {
  const groups = byLeg(rows.map((row) => ({ row }))).flatMap(({ sign, items }) =>
    items.map(
      ({ row: { name, title, kind, version, setting } }) =>
        `<tr><th scope="row" class="${kind}"><span class="${sign.tone}">${glyph(sign)}</span>${escapeHtml(title)}<br><code>${escapeHtml(name)}</code></th><td>${escapeHtml(version ?? "")}</td><td>${prose(setting)}</td></tr>`,
    ),
  );
  const missing = skipped.map(
    ({ row, title, why }) =>
      `<tr><th scope="row">${escapeHtml(title)}<br><code>${escapeHtml(row)}</code></th><td>skipped</td><td>${escapeHtml(why)}</td></tr>`,
  );
  return `<table class="rows"><thead><tr><th scope="col">row</th><th scope="col">version</th><th scope="col">setting</th></tr></thead><tbody>${[...groups, ...missing].join("")}</tbody></table>`;
}

function minute(iso: string): string {
  return iso.slice(0, 16).replace("T", " ");
}
