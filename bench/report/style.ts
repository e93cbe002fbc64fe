/** Paper and ink, hairlines, one colour for each leg: the language of the page, for screen, dark screen and print. */
export const STYLE = `
:root{color-scheme:light dark;--paper:#fbfaf7;--ink:#1d1f24;--soft:#5b606a;--hair:#dcd9d0;--bad:#a4262c;--good:#0b6b4f;
--bare:#1d1f24;--short:#6b7079;--long:#a35a00;--sse:#0b7a5b;--ws:#4f46d8}
@media (prefers-color-scheme:dark){:root{--paper:#15171b;--ink:#e9e7e1;--soft:#a4a9b3;--hair:#343842;--bad:#ff9d9d;--good:#67d6ac;
--bare:#e9e7e1;--short:#a4a9b3;--long:#f0ad5a;--sse:#55cfa6;--ws:#a5a0ff}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1120px;padding:32px 24px 64px;background:var(--paper);color:var(--ink);
font:15px/1.5 ui-sans-serif,system-ui,sans-serif}
h1{font-size:28px;line-height:1.2;margin:0 0 8px}h2{font-size:20px;margin:48px 0 8px;padding-top:16px;border-top:1px solid var(--hair)}
h3{font-size:15px;margin:24px 0 8px}p{max-width:72ch;margin:0 0 12px}
code{font:13px ui-monospace,monospace;overflow-wrap:anywhere}.soft,dt{color:var(--soft)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px;margin:16px 0;font-size:13px}dd{margin:0;overflow-wrap:anywhere}
nav a{margin-right:16px}a{color:inherit}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums;margin:8px 0}
th,td{padding:4px 12px 4px 0;text-align:right;border-bottom:1px solid var(--hair);vertical-align:top}
th{font-weight:500;color:var(--soft);text-align:right}th:first-child,td:first-child,td.text,th.text{text-align:left}
td small{color:var(--soft);white-space:nowrap}.met{color:var(--good)}.missed,.invalid{color:var(--bad)}
svg{display:block;width:100%;height:auto;margin:8px 0}.wide>svg{min-width:600px}
.label,.figure,.tick{font:12px ui-sans-serif,system-ui,sans-serif;fill:var(--ink)}.small{font-size:11px}
.figure{font-variant-numeric:tabular-nums}.tick{fill:var(--soft);font-size:11px}
.grid{stroke:var(--hair)}.one{stroke:var(--soft)}.bound{stroke:var(--bad);stroke-width:2}
.stroke{stroke:var(--bare)}.fill{fill:var(--bare)}
.stroke.short{stroke:var(--short)}.fill.short{fill:var(--short)}.stroke.long{stroke:var(--long)}.fill.long{fill:var(--long)}
.stroke.sse{stroke:var(--sse)}.fill.sse{fill:var(--sse)}.stroke.ws{stroke:var(--ws)}.fill.ws{fill:var(--ws)}
details{margin:8px 0}summary{cursor:pointer}
.key span{margin-right:16px;white-space:nowrap}.key svg{display:inline-block;width:36px;height:10px;margin:0 6px 0 0;vertical-align:middle}
@media print{:root{--paper:#fff;--ink:#000;--soft:#444;--hair:#ccc;--bad:#a4262c;--good:#0b6b4f;--bare:#000;--short:#6b7079;--long:#a35a00;--sse:#0b7a5b;--ws:#4f46d8}
body{max-width:none;padding:0;font-size:11px}nav{display:none}.wide{overflow:visible}.wide>svg{min-width:0}table{font-size:9px}
svg,tr{break-inside:avoid}h2,h3{break-after:avoid}h2{break-before:page}details>*{display:revert}}
@page{margin:14mm}`;
