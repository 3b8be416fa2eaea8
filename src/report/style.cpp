#include "report/style.h"

namespace twhin::report {

// Colours. --s0 .. --s7 are the categories: chosen by search so that any two differ by at least 11
// (distance in OKLab times 100) in normal sight and under each of the three dichromacies as
// Machado et al., 2009, simulate them, each with a contrast of at least 3 on its background;
// Okabe and Ito's palette, the usual one, has pairs at 7.6 and contrasts of 2.3. --t0 .. --t7 are
// the same hues for text, contrast at least 4.5. --v0 .. --v11 are steps of viridis, so ordered
// that the largest values stand out most.
const std::string_view kStyle = R"css(
:root{color-scheme:light dark;
--bg:#fff;--ink:#1a1d21;--muted:#5b636e;--line:#dfe3e8;--grid:#e9ecf0;--faint:#f5f6f8;--other:#b9c0c9;--accent:#202e7a;
--s0:#202e7a;--s1:#af2f02;--s2:#069ce4;--s3:#9a9725;--s4:#8944ae;--s5:#056e5a;--s6:#da60a4;--s7:#5e221a;
--t0:#202e7a;--t1:#af2f02;--t2:#0077bc;--t3:#787400;--t4:#8944ae;--t5:#056e5a;--t6:#bb4488;--t7:#5e221a;
--v0:#6ece58;--v1:#48c16e;--v2:#2cb17e;--v3:#1fa188;--v4:#21908d;--v5:#277e8e;--v6:#2e6d8e;--v7:#375b8d;--v8:#3f4788;--v9:#46327e;--v10:#481b6d;--v11:#440154}
@media screen and (prefers-color-scheme:dark){:root{
--bg:#15181c;--ink:#e6e9ed;--muted:#a0a9b4;--line:#30363e;--grid:#262b32;--faint:#1d2126;--other:#525b66;--accent:#8db8ff;
--s0:#609efa;--s1:#c25524;--s2:#72e3ff;--s3:#a7a435;--s4:#915fc0;--s5:#268676;--s6:#fc85ad;--s7:#fac692;
--t0:#609efa;--t1:#d36535;--t2:#72e3ff;--t3:#a7a435;--t4:#a270d2;--t5:#379483;--t6:#fc85ad;--t7:#fac692;
--v0:#3e4989;--v1:#365d8d;--v2:#2e6f8e;--v3:#27808e;--v4:#21918c;--v5:#1fa287;--v6:#2eb37c;--v7:#4cc26c;--v8:#73d056;--v9:#a0da39;--v10:#d0e11c;--v11:#fde725}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
main,header,footer{max-width:968px;margin:0 auto;padding:0 24px}
header{padding-top:56px}
h1{font-size:32px;line-height:1.2;font-weight:680;letter-spacing:-.018em;margin:0}
.subtitle{font-size:18px;color:var(--muted);margin:8px 0 0;max-width:68ch}
nav{margin:22px 0 0;padding:11px 0;border-top:1px solid var(--line);border-bottom:1px solid var(--line);font-size:14px}
nav ul{margin:0;padding:0;list-style:none;display:flex;flex-wrap:wrap;gap:4px 22px}
nav a{color:var(--muted);text-decoration:none}
nav a:hover,nav a:focus-visible{color:var(--accent);text-decoration:underline}
section{margin:46px 0 0}
h2{font-size:22px;line-height:1.3;font-weight:660;letter-spacing:-.01em;margin:0 0 10px}
p,ul.text{margin:0 0 14px;max-width:70ch}
ul.text{padding-left:20px}
.intro{color:var(--muted)}
.note{font-size:13px;line-height:1.5;color:var(--muted);margin:8px 0 0}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.875em}
p code,li code,dd code,.note code{background:var(--faint);border-radius:4px;padding:.1em .35em}
.listing{margin:20px 0 26px}
.listing p{font-size:13px;color:var(--muted);margin:0 0 6px}
pre{background:var(--faint);border:1px solid var(--line);border-radius:8px;margin:0;padding:14px 16px;overflow-x:auto;line-height:1.5;font-size:13px}
pre code{font-size:inherit}
.headlines{display:flex;flex-wrap:wrap;gap:1px;background:var(--line);border:1px solid var(--line);border-radius:10px;overflow:hidden;margin:22px 0 28px}
.headlines div{flex:1 1 150px;background:var(--bg);padding:15px 18px 14px}
.headlines dt{font-size:13px;color:var(--muted)}
.headlines dd{margin:0}
.headlines .value{font-size:27px;line-height:1.25;font-weight:640;letter-spacing:-.015em;margin-top:2px}
.headlines .detail{font-size:13px;color:var(--muted);margin-top:1px}
.facts{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:5px 22px;margin:16px 0 26px;font-size:14.5px}
.facts dt{color:var(--muted)}
.facts dd{margin:0;overflow-wrap:anywhere}
.table{margin:20px 0 30px}
.scroll{overflow-x:auto}
.scroll:focus-visible{outline:2px solid var(--accent);outline-offset:3px}
table{border-collapse:collapse;width:100%;font-size:14.5px;line-height:1.4}
caption{text-align:left;font-weight:640;padding:0 0 9px}
th,td{text-align:left;vertical-align:baseline;padding:7px 0 7px 20px;font-weight:400}
th:first-child,td:first-child{padding-left:2px}
thead th{font-size:13px;color:var(--muted);border-bottom:1.5px solid var(--ink);vertical-align:bottom;padding-top:0}
.unit{display:block;font-size:12px}
tbody tr{border-bottom:1px solid var(--line)}
tbody tr:last-child{border-bottom:1.5px solid var(--ink)}
.number{text-align:right;white-space:nowrap}
strong{font-weight:700}
td strong{color:var(--accent)}
.interval{font-size:12.5px;color:var(--muted)}
tr.emphasis{background:var(--faint)}
tr.emphasis th{font-weight:640}
tr.heading th{font-size:13px;font-weight:640;color:var(--muted);padding-top:16px}
.row{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:0 24px}
figure{margin:22px 0 28px;min-width:0}
figcaption{margin:0 0 12px}
figcaption b{display:block;font-weight:640;line-height:1.35}
figcaption span{display:block;font-size:14px;color:var(--muted);max-width:75ch}
svg{display:block;width:100%;height:auto;overflow:visible}
svg.full{min-width:620px}
svg text{font-size:12px;fill:var(--ink)}
svg .tick,svg .reference-label{font-size:11.5px;fill:var(--muted)}
svg .axis{fill:var(--muted)}
svg .value{font-size:11.5px}
svg .strong{font-weight:640}
svg .halo{paint-order:stroke;stroke:var(--bg);stroke-width:3.5px;stroke-linejoin:round}
.grid{stroke:var(--grid)}
.base{stroke:var(--muted);opacity:.7}
.leader{stroke:var(--other)}
.reference{stroke:var(--muted);stroke-dasharray:2 3}
.whisker{fill:none;stroke:var(--ink);stroke-width:1.2}
.whisker.halo{stroke:var(--bg);stroke-width:3;opacity:.75}
.line{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.fine{stroke-width:1.1}
.dashed{stroke-dasharray:5 5}
.band{fill:var(--c);opacity:.15}
.mark{fill:var(--c);stroke:var(--bg);stroke-width:1}
.bar{fill:var(--c)}
.ring{fill:none;stroke:var(--ink);stroke-width:1.8}
.dots{fill:none;stroke-linecap:round}
.dots path{stroke:var(--c);stroke-opacity:.82}
svg text.ink{fill:var(--t)}
.other{--c:var(--other)}
.c0{--c:var(--s0);--t:var(--t0)}.c1{--c:var(--s1);--t:var(--t1)}.c2{--c:var(--s2);--t:var(--t2)}.c3{--c:var(--s3);--t:var(--t3)}
.c4{--c:var(--s4);--t:var(--t4)}.c5{--c:var(--s5);--t:var(--t5)}.c6{--c:var(--s6);--t:var(--t6)}.c7{--c:var(--s7);--t:var(--t7)}
.v0{--c:var(--v0)}.v1{--c:var(--v1)}.v2{--c:var(--v2)}.v3{--c:var(--v3)}.v4{--c:var(--v4)}.v5{--c:var(--v5)}
.v6{--c:var(--v6)}.v7{--c:var(--v7)}.v8{--c:var(--v8)}.v9{--c:var(--v9)}.v10{--c:var(--v10)}.v11{--c:var(--v11)}
footer{margin-top:56px;padding-top:16px;padding-bottom:44px;font-size:13px;color:var(--muted)}
footer p{border-top:1px solid var(--line);padding-top:14px;max-width:none}
@media (max-width:600px){main,header,footer{padding-left:16px;padding-right:16px}header{padding-top:32px}h1{font-size:26px}.facts{grid-template-columns:1fr;gap:0}.facts dd{margin-bottom:8px}}
@media print{@page{margin:16mm 14mm}body{font-size:11pt}main,header,footer{max-width:none;padding-left:0;padding-right:0}header{padding-top:0}nav{display:none}section{margin-top:26px}h2,.intro{break-after:avoid}.row{grid-template-columns:1fr 1fr}figure,tr,.headlines,pre{break-inside:avoid}svg.full{min-width:0}.scroll,pre{overflow:visible}pre{white-space:pre-wrap}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
)css";

}  // namespace twhin::report
