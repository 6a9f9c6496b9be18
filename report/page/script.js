"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const names = { 1: "pass", 0: "fail", 2: "error", 3: "over a limit", 4: "the solution does not load", 5: "over the first limit, and more could not change the choice", 9: "not run", s: "returns what the chosen solution does", d: "returns something else", x: "raised, or ran out of a limit" };
  const strip = 22, stripWidth = 5; // pixels left of the matrix: the chosen row's mark, then the truth
  const heading = 16; // pixels above it
  const kindGap = 6; // between examples, tests and calls
  let problem = null, row = -1, column = -1, size = 10;
  let rows = [], columns = []; // in the order shown: places in the problem

  const standing = (r) => (r.score === null ? "ruled out" : `score ${+r.score.toPrecision(4)}`) +
    (r.public ? `, passes ${r.public} examples of the question` : "");

  const verdictOf = (p) => {
    if (p.chosen < 0) return ["", ""];
    const truth = p.rows[p.chosen].truth;
    return truth === null ? ["", ""] : truth ? ["right", "✓"] : ["wrong", "✗"];
  };

  const samples = (list) => list.reduce((sum, r) => sum + r.samples, 0);

  // rightShare is the share of right solutions, null where the truth is not known.
  const rightShare = (p) => (p.rows.some((r) => r.truth !== null) ? samples(p.rows.filter((r) => r.truth)) / samples(p.rows) : null);

  // withCalls has the most telling calls as columns after the tests.
  function withCalls(p) {
    if (p.tests !== undefined) return;
    p.tests = p.columns.length;
    const cells = p.cells.map((c) => [...c]);
    p.said = {}; // what came of a call, by "row,column"
    for (const c of p.calls || []) {
      const j = p.columns.length, chosen = c.groups.find((g) => (g.mark || "").startsWith("chosen")) || c.groups[0];
      p.columns.push({ name: "call" + (c.mutated ? ", mutated" : ""), code: c.call, call: true, trust: 0 });
      for (const row of cells) row.push("d");
      for (const g of c.groups) for (const i of g.rows) {
        cells[i][j] = g === chosen ? "s" : g.returned ? "d" : "x";
        p.said[`${i},${j}`] = g.what;
      }
    }
    p.cells = cells;
  }

  const buttons = data.problems.map((p, i) => {
    const li = document.createElement("li"), button = document.createElement("button"), mark = document.createElement("span");
    const [kind, sign] = verdictOf(p);
    button.append(p.id, mark);
    button.dataset.index = i;
    mark.className = kind;
    mark.textContent = sign || (p.columns.some((c) => !c.example) ? "" : "no tests");
    button.onclick = () => show(i);
    li.append(button);
    $("list").append(li);
    return li;
  });

  // textOf is all that can be searched for in a problem.
  const textOf = (p) => (p.text ??= [p.id, p.question, ...p.rows.map((r) => r.code), ...p.columns.map((c) => c.code)].join("\n").toLowerCase());

  $("filter").oninput = (e) => {
    const text = e.target.value.toLowerCase();
    data.problems.forEach((p, i) => { buttons[i].hidden = !!text && !p.id.toLowerCase().includes(text) && !textOf(p).includes(text); });
  };

  $("list-order").onchange = (e) => {
    const late = { wrong: (p) => +(verdictOf(p)[0] !== "wrong"), hard: (p) => rightShare(p) ?? 2, missing: (p) => +p.columns.some((c) => !c.example && !c.call) }[e.target.value] || (() => 0);
    const order = data.problems.map((p, i) => [late(p), i]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    $("list").replaceChildren(...order.map(([, i]) => buttons[i]));
  };

  // arrange orders rows and columns as asked for.
  function arrange() {
    const first = (r) => +r.name.slice(1).split(",")[0], kind = (c) => (c.example ? 0 : c.call ? 2 : 1);
    const passed = (i) => problem.cells[i].slice(0, problem.tests).filter((c) => c === "1").length;
    const byRow = { passed: (a, b) => passed(b) - passed(a), name: (a, b) => first(problem.rows[a]) - first(problem.rows[b]) }[$("row-order").value];
    const byColumn = { name: (a, b) => parseFloat(problem.columns[a].name) - parseFloat(problem.columns[b].name) || 0 }[$("column-order").value];
    rows = problem.rows.map((_, i) => i);
    columns = problem.columns.map((_, j) => j);
    if (byRow) rows.sort((a, b) => byRow(a, b) || a - b);
    columns.sort((a, b) => kind(problem.columns[a]) - kind(problem.columns[b]) || (byColumn && kind(problem.columns[a]) === 1 ? byColumn(a, b) : 0) || a - b);
  }
  for (const id of ["row-order", "column-order"]) $(id).onchange = () => { arrange(); draw(); };

  // The page's address says what is shown, so that it can be sent and reloaded.
  function remember() {
    const at = { p: problem.id };
    if (row >= 0) Object.assign(at, { s: problem.rows[row].name.split(",")[0], t: column });
    history.replaceState(null, "", "#" + new URLSearchParams(at));
  }

  function fromAddress() {
    const at = new URLSearchParams(location.hash.slice(1));
    const i = data.problems.findIndex((p) => p.id === at.get("p"));
    if (i < 0) return false;
    const s = at.get("s"), t = +at.get("t");
    show(i);
    const r = problem.rows.findIndex((x) => x.name.split(",")[0] === s);
    if (s && r >= 0) select(r, t);
    return true;
  }
  window.onhashchange = fromAddress;

  function show(i) {
    problem = data.problems[i];
    row = column = -1;
    withCalls(problem);
    arrange();
    for (const b of $("list").querySelectorAll("button")) b.setAttribute("aria-current", b.dataset.index == i);
    $("name").textContent = problem.id;
    $("question").textContent = problem.question;
    const examples = problem.columns.filter((c) => c.example).length, tests = problem.tests - examples;
    let text = `${problem.rows.length} distinct solutions` + (rightShare(problem) === null ? "" : ` (${samples(problem.rows.filter((r) => r.truth))} of all ${samples(problem.rows)} are right)`);
    text += `, ${examples} examples, ` + (tests ? `${tests} columns of tests` : "no tests");
    if (problem.dropped) text += `, ${problem.dropped} completions gave no test`;
    if (problem.missing) text += `, completions are missing: ${problem.missing}`;
    if (problem.chosen >= 0) {
      const r = problem.rows[problem.chosen];
      text += `; chosen: ${r.name}, ${standing(r)}` + (r.truth === null ? "" : r.truth ? ", right" : `, wrong${r.why ? ` (${r.why})` : ""}`);
    }
    $("verdict").textContent = text;
    $("truth").className = $("truth").textContent = verdictOf(problem)[0];
    const unread = problem.unread || [];
    $("unread").hidden = !unread.length;
    $("unread-text").textContent = unread.map((u) =>
      [`completion ${u.generation}` + (u.dropped ? `: ${u.dropped}` : ""), ...(u.cut || [])].join("\n")).join("\n\n");
    $("cell").hidden = true;
    showOutputs();
    draw();
    remember();
  }

  // element has its text as text: what solutions return is anybody's.
  function element(tag, className, text, ...children) {
    const e = document.createElement(tag);
    if (className) e.className = className;
    if (text) e.textContent = text;
    e.append(...children);
    return e;
  }

  function showOutputs() {
    const calls = problem.calls || [];
    $("outputs").hidden = !calls.length;
    $("outputs").open = problem.deciding > 0;
    const all = problem.observed || 0;
    $("outputs-title").textContent = `what solutions return: ${calls.length < all ? `${calls.length} of ` : ""}${all} observed calls; ` +
      `chosen and runner-up differ on ${problem.deciding || 0}` + (problem.deciding ? ", shown first" : "");
    $("calls").replaceChildren(...calls.map((c) => {
      const title = element("h4", "", "", element("code", "", c.call));
      if (c.deciding) title.append(element("span", "tag", "deciding"));
      if (c.mutated) title.append(element("span", "tag", "mutated"));
      const list = element("ul", "", "", ...c.groups.map(groupOf));
      if (c.more) list.append(element("li", "", `${c.more} more results, of ${counted(c.more_samples)}`));
      return element("section", "call", "", title, list);
    }));
  }

  const counted = (n) => `${n} sample${n === 1 ? "" : "s"}`;
  const namesShown = 6;

  function groupOf(g) {
    const who = element("div", "who", "", element("b", "", counted(g.samples)));
    if (g.right !== undefined) {
      const kind = g.right === g.samples ? "right" : g.right ? "" : "wrong";
      who.append(", ", element("span", kind, kind || `${g.right} right`));
    }
    if (g.mark) who.append(element("span", "tag", g.mark));
    const names = g.rows.map((i) => {
      if (!problem.tests) return element("span", "", problem.rows[i].name + " ");
      const b = element("button", "", problem.rows[i].name);
      b.onclick = () => {
        select(i, Math.max(column, 0));
        $("cell").scrollIntoView({ block: "nearest" });
      };
      return b;
    });
    who.append(element("div", "", "", ...names.slice(0, namesShown)));
    const rest = names.slice(namesShown);
    if (rest.length) who.append(element("details", "", "", element("summary", "", `${rest.length} more solutions`), ...rest));
    return element("li", (g.mark || "").startsWith("chosen") ? "chosen" : "", "", element(g.returned ? "code" : "i", "", g.what), who);
  }

  function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(name); }

  // left is where a column begins, beyond the strip.
  const kindOf = (c) => (c.example ? 0 : c.call ? 2 : 1);
  function left(at) {
    let gaps = 0;
    for (let k = 1; k <= at && k < columns.length; k++) if (kindOf(problem.columns[columns[k]]) !== kindOf(problem.columns[columns[k - 1]])) gaps++;
    return strip + at * size + gaps * kindGap;
  }

  function draw() {
    const canvas = $("matrix"), cols = Math.max(1, columns.length);
    size = Math.max(3, Math.min(columns.length ? 22 : 8, Math.floor((canvas.parentElement.clientWidth - strip - 12 - 2 * kindGap) / cols)));
    const scale = window.devicePixelRatio || 1, gap = size > 5 ? 1 : 0;
    const at = columns.map((_, k) => left(k)), width = columns.length ? at[at.length - 1] + size : strip + size;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${heading + rows.length * size}px`;
    canvas.width = width * scale;
    canvas.height = (heading + rows.length * size) * scale;
    const g = canvas.getContext("2d");
    g.scale(scale, scale);
    const fg = colour("--fg"), top = (y) => heading + y * size;
    const colours = { x: colour("--c2") };
    for (const d of "012349sd") colours[d] = colour("--c" + d);
    rows.forEach((i, y) => {
      const truth = problem.rows[i].truth;
      if (truth !== null) {
        g.fillStyle = truth ? colours[1] : colours[0];
        g.fillRect(strip - 4 - stripWidth, top(y), stripWidth, size - gap);
      }
      columns.forEach((j, k) => {
        g.fillStyle = colours[problem.cells[i][j]];
        g.fillRect(at[k], top(y), size - gap, size - gap);
      });
    });
    headings(g, at);
    const chosen = rows.indexOf(problem.chosen);
    if (chosen >= 0) {
      const middle = top(chosen) + size / 2;
      g.strokeStyle = g.fillStyle = fg;
      g.lineWidth = 1.5;
      g.strokeRect(strip - 2, top(chosen) - 0.75, width - strip + 1.25, size + 0.5);
      g.beginPath();
      g.moveTo(1, middle - 5);
      g.lineTo(10, middle);
      g.lineTo(1, middle + 5);
      g.fill();
    }
    const x = columns.indexOf(column), y = rows.indexOf(row);
    if (x >= 0 && y >= 0) {
      for (const [style, wide] of [[colour("--bg"), 4], [fg, 2]]) {
        g.strokeStyle = style;
        g.lineWidth = wide;
        g.strokeRect(at[x] - 0.5, top(y) - 0.5, size + (gap ? 0 : 1), size + (gap ? 0 : 1));
      }
    }
  }

  // headings names the kinds of columns, as far as there is room above them.
  function headings(g, at) {
    g.font = "11px system-ui, sans-serif";
    g.fillStyle = colour("--soft");
    ["examples", "tests", "calls"].forEach((name, kind) => {
      const those = columns.map((j, k) => [problem.columns[j], k]).filter(([c]) => kindOf(c) === kind).map(([, k]) => k);
      if (!those.length) return;
      const from = at[those[0]], room = at[those[those.length - 1]] + size - from;
      const text = [`${name} (${those.length})`, name, name[0]].find((t) => g.measureText(t).width <= room);
      if (text) g.fillText(text, from, heading - 5);
    });
  }

  // cellAt is the row and the column of the problem under the pointer.
  function cellAt(e) {
    const y = Math.floor((e.offsetY - heading) / size);
    for (let k = columns.length - 1; k >= 0; k--) if (e.offsetX >= left(k)) return [rows[y], columns[k]];
    return [rows[y], -1];
  }

  const outcome = (i, j) => {
    const detail = problem.details[`${i},${j}`], said = problem.said[`${i},${j}`];
    const c = problem.columns[j], got = c.wanted && problem.cells[i][j] === "0" ? problem.traces[c.made[0]] : null;
    if (got && got.values[got.of[i]] !== undefined) return `fail: ${got.values[got.of[i]]} != ${c.wanted}`;
    return names[problem.cells[i][j]] + (said !== undefined ? ": " + said : detail === undefined ? "" : ": " + problem.texts[detail]);
  };

  $("matrix").onmousemove = (e) => {
    const [i, j] = cellAt(e), tip = $("tip");
    tip.hidden = i === undefined || j < 0;
    if (tip.hidden) return;
    const said = outcome(i, j);
    tip.textContent = `${problem.rows[i].name} · ${problem.columns[j].name} · ${said.length > tipLength ? said.slice(0, tipLength) + "…" : said}`;
    tip.style.left = `${Math.max(0, Math.min(e.clientX + 14, innerWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${e.clientY + 20 + tip.offsetHeight > innerHeight ? e.clientY - tip.offsetHeight - 10 : e.clientY + 20}px`;
  };
  $("matrix").onmouseleave = () => { $("tip").hidden = true; };
  const tipLength = 300;

  function select(i, j) {
    if (i === undefined || j === undefined || i < 0 || j < 0 || i >= problem.rows.length || j >= problem.columns.length) return;
    row = i;
    column = j;
    const r = problem.rows[i], c = problem.columns[j];
    $("cell").hidden = false;
    $("outcome").textContent = outcome(i, j);
    const trace = (c.made || []).map((k) => problem.traces[k]).map((t) => `${t.call}  \u2192  ${t.values[t.of[i]] ?? "(not shown)"}`);
    $("trace").textContent = trace.join("\n");
    $("trace").hidden = !trace.length;
    $("solution-name").textContent = `solution ${r.name}, ${standing(r)}` + (r.truth === null ? "" : r.truth ? ", right" : `, wrong${r.why ? `: ${r.why}` : ""}`);
    $("solution").textContent = r.code;
    $("test-name").textContent = c.example || c.call ? c.name : `test ${c.name}, trust ${c.trust.toFixed(2)}`;
    $("test").textContent = c.code;
    draw();
    remember();
  }

  $("matrix").onclick = (e) => select(...cellAt(e));
  document.onkeydown = (e) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[e.key];
    if (!step || row < 0 || ["INPUT", "SELECT"].includes(e.target.tagName)) return;
    e.preventDefault();
    select(rows[rows.indexOf(row) + step[0]], columns[columns.indexOf(column) + step[1]]);
  };
  window.onresize = () => problem && draw();
  matchMedia("(prefers-color-scheme: dark)").onchange = () => problem && draw();
  if (data.problems.length && !fromAddress()) show(0);
})();
