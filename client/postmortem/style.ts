/** The look of the page: on a telephone, on a desk, on paper. Its hash stands in the page's policy, so nothing else can style it. */
export const style = `
:root{color-scheme:light dark;--ink:#1c1e21;--soft:#5b626b;--line:#d5d9de;--paper:#fff;--panel:#f5f6f8;--good:#1a7f37;--bad:#c62828;--wait:#b26a00;--mark:#2458b3}
@media (prefers-color-scheme:dark){:root{--ink:#e7e9ec;--soft:#a2a9b1;--line:#3a4048;--paper:#16181b;--panel:#1f2226;--good:#57c26f;--bad:#ff7b72;--wait:#e0a33e;--mark:#7fb0ff}}
*{box-sizing:border-box}
body{margin:0 auto;padding:12px 16px 48px;max-width:1360px;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,"Hiragino Sans","Noto Sans CJK JP","Noto Sans JP",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.35rem;margin:0 0 4px}
h2{font-size:1rem;margin:0 0 4px}
ul{margin:0;padding-left:1.1em}
li{margin:1px 0}
p{margin:6px 0}
a{color:var(--mark);text-decoration:none}
a:hover{text-decoration:underline}
li a,h1 a{font-size:.78em;color:var(--soft)}
code{font-size:.85em;background:var(--panel);padding:0 3px;border-radius:3px}
blockquote{margin:6px 0;padding:2px 10px;border-left:3px solid var(--line);color:var(--soft);font-size:.92em}
table{border-collapse:collapse;width:100%;margin:8px 0}
th,td{border:1px solid var(--line);padding:4px 8px;text-align:left;height:2em}
section{margin:14px 0;padding-top:10px;border-top:1px solid var(--line)}
#title{border:0;padding:0;margin:0}
.first section{margin:0;padding:8px 12px;border:1px solid var(--line);border-radius:8px;background:var(--panel)}
.first{display:grid;gap:10px;margin:10px 0}
.offer{border:1px dashed var(--wait);padding:6px 10px;margin:8px 0}
.offer>p:first-child{color:var(--wait);font-weight:600}
.wide{display:none}
figure{margin:18px 0}
svg{max-width:100%;height:auto;font-size:12px}
svg text{fill:var(--ink)}
svg .value{font-size:11px;fill:var(--soft)}
svg .grid{stroke:var(--line);stroke-dasharray:2 4}
svg .track{stroke:var(--line)}
svg polyline{fill:none;stroke:var(--mark);stroke-width:1.5}
svg .plain,svg .seen{fill:var(--mark)}
svg .good{fill:var(--good)}
svg .bad{fill:var(--bad)}
svg .waiting{fill:var(--wait)}
:target{outline:2px solid var(--wait);outline-offset:3px}
figcaption{color:var(--soft);font-size:.85em}
@media (min-width:820px){.wide{display:block}.narrow{display:none}.first{grid-template-columns:1fr 1fr}.first #summary,.first #course{grid-column:1/-1}}
@media screen and (min-width:1180px){.first{grid-template-columns:3fr 2fr}.first section{grid-column:2}.first #summary{grid-column:1/-1}.first #course{grid-column:1;grid-row:2/4}.first #resolution{grid-column:1;grid-row:4}.first #open{grid-row:4}.first li{font-size:.94em}#title li{display:inline-block;margin-right:2em}#title ul{list-style:none;padding:0}}
@media print{:root{color-scheme:light;--ink:#000;--soft:#444;--line:#bbb;--paper:#fff;--panel:#fff;--mark:#1a3f8a}body{max-width:none;padding:0;font-size:10.5pt}.wide{display:block}.narrow{display:none}.first section,figure,li,table{break-inside:avoid}h2{break-after:avoid}a{color:inherit}}
`
