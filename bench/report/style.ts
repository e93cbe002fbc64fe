/** The page's colors, as pairs for light and dark. Text has a contrast of at least 4.5. */
const COLORS = `
:root{color-scheme:light dark;--ground:light-dark(#f7f7f5,#101114);--card:light-dark(#fff,#17191d);--ink:light-dark(#17181c,#eceef2);
--soft:light-dark(#5c6069,#9ba1ad);--line:light-dark(#e2e2de,#2a2d34);--hair:light-dark(#eeeeea,#22252b);--edge:light-dark(#8a8d94,#6c727e);
--accent:light-dark(#4f46d8,#a5a0ff);--bad:light-dark(#b3261e,#ff8a80);--good:light-dark(#0b7a5b,#55cfa6);--doubt:light-dark(#8a5200,#f0ad5a);
--bare:light-dark(#17181c,#eceef2);--short:light-dark(#6b7079,#a4a9b3);--long:light-dark(#a35a00,#f0ad5a);
--sse:light-dark(#0b7a5b,#55cfa6);--ws:light-dark(#4f46d8,#a5a0ff);
--sans:"Inter Variable",Inter,system-ui,"Helvetica Neue",sans-serif;--mono:ui-monospace,"DejaVu Sans Mono",monospace}
.bare{color:var(--bare)}.short{color:var(--short)}.long{color:var(--long)}.sse{color:var(--sse)}.ws{color:var(--ws)}
.met{color:var(--good)}.missed,.invalid{color:var(--bad)}.unsure{color:var(--doubt)}.not-measured,.soft{color:var(--soft)}`;

const PAGE = `
*{box-sizing:border-box}
html{scroll-padding-top:16px}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 var(--sans);-webkit-text-size-adjust:100%}
header{background:var(--card);border-bottom:1px solid var(--line)}
header>div,nav,main{max-width:1180px;margin:0 auto;padding:0 24px}
header>div{padding-top:24px}
h1{font-size:20px;letter-spacing:-.02em;margin:0 0 8px;display:flex;gap:8px;align-items:center}
.mark{width:20px;height:20px;fill:var(--accent)}.mark circle{fill:var(--card)}
h2{font-size:20px;line-height:1.25;letter-spacing:-.01em;margin:0 0 8px}
h3{font-size:13px;font-weight:600;text-transform:uppercase;letter-spacing:.06em;color:var(--soft);margin:24px 0 8px}
h4{font-size:13px;font-weight:600;margin:0 0 8px;display:flex;gap:8px;align-items:center}
p{max-width:76ch;margin:0 0 12px}
section{padding-top:32px}section+section{border-top:1px solid var(--line);margin-top:32px}
nav{display:flex;flex-wrap:wrap;gap:4px 16px;padding-top:4px;padding-bottom:16px;font-size:13px}
nav a{color:var(--soft);text-decoration:none;padding:4px 0}nav a:hover{color:var(--ink);text-decoration:underline}
a:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:2px}
code{font:12px var(--mono);color:var(--soft);overflow-wrap:anywhere}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px 24px;margin:12px 0}
.provenance{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,260px),1fr));gap:12px 24px;margin:12px 0 16px;font-size:13px}
dt{color:var(--soft);font-size:12px}dd{margin:0;overflow-wrap:anywhere}
.card+ul.invalid{padding:0 24px}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 24px;padding:0;margin:0;font-size:13px}
.legend li{display:flex;gap:8px;align-items:center}.legend span{color:var(--ink)}
.sample{width:36px;height:10px}
.tiles{display:flex;flex-wrap:wrap;gap:8px 32px;margin:16px 0}.tiles b{font-size:20px;font-variant-numeric:tabular-nums;margin-right:8px}
.tiles span{font-size:13px;color:var(--soft)}
details{margin:12px 0}summary{cursor:pointer;font-size:13px;color:var(--soft)}details ul{font-size:13px;padding-left:24px}
ul.invalid{list-style:none;margin:0;padding:0;font-size:13px}
main{padding-bottom:64px}`;

const TABLES = `
table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums}
caption,figcaption{font-size:13px;font-weight:600;text-align:left;margin-bottom:8px}
figure{margin:0}
th,td{font-weight:400;text-align:right;padding:4px 0 4px 16px;vertical-align:top}
thead th{color:var(--soft);font-size:12px;vertical-align:bottom}
th:first-child,td:first-child{text-align:left;padding-left:0}
th.ours{font-weight:600}
.glyph{width:14px;height:14px;vertical-align:-2px;margin-right:6px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round;overflow:visible}
.unseen{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
.leg th{color:inherit;font-size:12px;font-weight:600;text-align:left;padding-top:12px;border-bottom:1px solid var(--hair)}
.plot th[scope=row]{width:280px;padding-left:20px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;max-width:280px;color:var(--ink)}
.plot td,.plot th{padding-top:3px;padding-bottom:3px}.plot .leg th{padding-top:12px}
.plot td.figure{width:170px;white-space:nowrap;color:var(--ink)}.plot thead th:last-child{width:170px}
td.invalid{text-align:left}
td.strip,.plot td.strip{position:relative;padding:0;min-width:120px}
.strip svg,svg.strip{position:absolute;inset:0;width:100%;height:100%;overflow:visible}
td.axis{padding:0;vertical-align:bottom;min-width:120px}.ticks{display:block;width:100%;height:18px;overflow:visible}
.wide{overflow-x:auto;margin-bottom:24px}
.numbers th,.numbers td{border-top:1px solid var(--hair)}.numbers thead th{border-top:0;max-width:110px}
.numbers th[scope=row]{text-align:left;min-width:230px}.numbers td{white-space:nowrap}
small{display:block;font-size:11px;color:var(--soft)}
.verdicts td:nth-child(2),.rows td,.rows th{text-align:left}.verdicts td:nth-child(2){min-width:200px}.verdicts th,.verdicts td,.rows th,.rows td{border-top:1px solid var(--hair)}
.verdicts thead th,.verdicts thead td,.verdicts .leg th,.rows thead th{border-top:0}.verdicts thead th:nth-child(2){text-align:left}
.verdicts td:last-child,.verdicts thead th:last-child{text-align:left;white-space:nowrap;font-weight:600}
.verdicts td.strip,.verdicts td.axis{position:relative;width:190px;min-width:150px;left:16px}.verdicts td:last-child,.verdicts thead th:last-child{padding-left:32px}
.verdicts th[scope=row]{white-space:nowrap}.verdicts td:nth-child(3),.verdicts td:nth-child(4){white-space:nowrap}.verdicts td:nth-child(3) small{display:inline}
.rows td:nth-child(2){white-space:nowrap}`;

const PICTURES = `
.tick,.name{font:12px var(--sans);font-variant-numeric:tabular-nums;fill:var(--ink)}.tick{font-size:11px;fill:var(--soft)}
.middle{text-anchor:middle}.end{text-anchor:end}.name.ours{font-weight:600}.name.peer{fill:var(--soft)}
.grid{stroke:var(--hair)}.origin{stroke:var(--edge)}.bound{stroke:var(--bad);stroke-width:2}
.whisker{stroke:currentColor;stroke-width:2}.ring{fill:var(--card);stroke:currentColor;stroke-width:2}
.curve{fill:none;stroke:currentColor;stroke-width:1.4}.curve.ours{stroke-width:2.6}.curve.peer{opacity:.75}.curve.floor{stroke-width:1.6;opacity:.8}
.leader{stroke:currentColor;stroke-width:.75;opacity:.5}
g.peer rect{opacity:.6}g.peer rect+rect{opacity:.3}g.peer rect+rect+rect{opacity:.15}
.curves{display:block;width:100%;height:auto;max-width:470px}
.panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,330px),1fr));gap:16px 24px}`;

/** A phone has no room for three columns: the strip is below its name and number. */
const NARROW = `
@media (max-width:700px){
header>div,nav,main{padding-left:16px;padding-right:16px}.card{padding:12px 16px}
.plot,.plot tbody,.plot thead,.plot caption,.verdicts,.verdicts tbody{display:block}
.plot tr{display:grid;grid-template-columns:minmax(0,1fr) auto}.plot .leg,.plot .leg th{display:block}
.plot thead th:first-child{display:none}.plot td.axis{grid-column:1/-1;order:2}.plot thead th:last-child{grid-column:1/-1;width:auto;text-align:left;padding-left:0}
.plot th[scope=row]{width:auto;max-width:none;padding-left:0;padding-right:8px;white-space:normal}.plot td.figure{width:auto}
.plot td.strip{grid-column:1/-1;order:2;height:24px}.plot td.invalid{grid-column:1/-1;padding-left:0}
.verdicts thead{display:none}.verdicts tr{display:grid;grid-template-columns:minmax(0,1fr) auto;border-top:1px solid var(--hair);padding:8px 0}
.verdicts th,.verdicts td,.verdicts td:last-child{border:0;padding:0}.verdicts .leg{display:block;border:0;padding-bottom:0}
.verdicts th[scope=row]{white-space:normal}.verdicts td:last-child{grid-column:2;grid-row:1;padding-left:12px}.verdicts td:nth-child(2){grid-column:1/-1;min-width:0}.verdicts td:nth-child(3){text-align:left}
.verdicts td.strip{grid-column:1/-1;width:auto;height:24px;left:0}
.rows tr{display:block;border-top:1px solid var(--hair);padding:8px 0}.rows thead{display:none}.rows th,.rows td{display:block;padding:0;border:0}
}`;

/** Print is always light, can't scroll sideways, and has page breaks between parts. */
const PRINT = `
@page{margin:12mm}
@media print{
:root{color-scheme:light;--ground:#fff;--card:#fff}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{font-size:10.5px}nav{display:none}header>div,main{max-width:none;padding:0}.card{padding:8px 12px;break-inside:auto}
table,caption,figcaption,h3,h4,.legend,.provenance{font-size:9.5px}thead th,.leg th,small,dt,code{font-size:8.5px}
section{padding-top:12px}section+section{border:0;margin-top:0;break-before:page}
tr,.panel,figcaption,caption{break-inside:avoid}h2,h3,h4,summary,.leg,caption{break-after:avoid}
thead{display:table-header-group}.wide{overflow:visible}.numbers{font-size:8px}.numbers th,.numbers td{padding-left:5px}.numbers th:first-child{padding-left:0}
.numbers th[scope=row]{min-width:0}.numbers small{font-size:7px}.numbers thead th{max-width:54px}.numbers td:last-child{white-space:normal}.numbers td:last-child:nth-child(n+7){min-width:150px}
.panels{grid-template-columns:repeat(2,1fr)}.plot th[scope=row]{width:190px}
.tick{font-size:8px}.glyph{width:10px;height:10px;vertical-align:-1px}.verdicts th,.verdicts td{padding-left:8px}
.verdicts{font-size:8.5px}.verdicts td:nth-child(2){min-width:140px}.verdicts td.strip,.verdicts td.axis{width:90px;min-width:90px;left:8px}
details ul,summary{font-size:9px}
.verdicts td:last-child,.verdicts thead th:last-child{padding-left:16px}
.panel .tick,.panel .name{font-size:11px}
details::details-content{content-visibility:visible;display:block}
}`;

/** The style of the report, for light and dark screens and for print. */
export const STYLE = [COLORS, PAGE, TABLES, PICTURES, NARROW, PRINT].join("");
