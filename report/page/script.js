"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const names = { 1: "pass", 0: "fail", 2: "error", 3: "over a limit", 4: "the solution does not load", 9: "not run" };
  const strip = 8; // pixels of the truth strip and its gap, left of the matrix
  let problem = null, row = -1, column = -1, size = 10;

  const standing = (r) => (r.score === null ? "ruled out" : `score ${+r.score.toPrecision(4)}`) +
    (r.public ? `, passes ${r.public} examples of the question` : "");

  const verdictOf = (p) => {
    if (p.chosen < 0) return ["", ""];
    const truth = p.rows[p.chosen].truth;
    return truth === null ? ["", ""] : truth ? ["right", "✓"] : ["wrong", "✗"];
  };

  data.problems.forEach((p, i) => {
    const li = document.createElement("li"), button = document.createElement("button"), mark = document.createElement("span");
    const [kind, sign] = verdictOf(p);
    button.append(p.id, mark);
    button.dataset.index = i;
    mark.className = kind;
    mark.textContent = sign;
    button.onclick = () => show(i);
    li.append(button);
    $("list").append(li);
  });

  $("filter").oninput = (e) => {
    const text = e.target.value.toLowerCase();
    for (const li of $("list").children) li.hidden = !li.textContent.toLowerCase().includes(text);
  };

  function show(i) {
    problem = data.problems[i];
    row = column = -1;
    for (const b of $("list").querySelectorAll("button")) b.setAttribute("aria-current", b.dataset.index == i);
    $("name").textContent = problem.id;
    $("question").textContent = problem.question;
    const tests = problem.columns.length;
    let text = `${problem.rows.length} distinct solutions, ${tests} columns of tests`;
    if (problem.dropped) text += `, ${problem.dropped} completions gave no test`;
    if (problem.missing) text += `, completions are missing: ${problem.missing}`;
    if (problem.chosen >= 0) text += `; chosen: ${problem.rows[problem.chosen].name}, ${standing(problem.rows[problem.chosen])}`;
    $("verdict").textContent = text;
    const unread = problem.unread || [];
    $("unread").hidden = !unread.length;
    $("unread-text").textContent = unread.map((u) =>
      [`completion ${u.generation}` + (u.dropped ? `: ${u.dropped}` : ""), ...(u.cut || [])].join("\n")).join("\n\n");
    $("cell").hidden = true;
    showOutputs();
    draw();
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
      if (!problem.columns.length) return element("span", "", problem.rows[i].name + " ");
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

  function draw() {
    const canvas = $("matrix"), rows = problem.rows.length, cols = Math.max(1, problem.columns.length);
    size = Math.max(3, Math.min(22, Math.floor((canvas.parentElement.clientWidth - strip - 12) / cols)));
    const scale = window.devicePixelRatio || 1, gap = size > 5 ? 1 : 0;
    canvas.style.width = `${strip + cols * size}px`;
    canvas.style.height = `${rows * size}px`;
    canvas.width = (strip + cols * size) * scale;
    canvas.height = rows * size * scale;
    const g = canvas.getContext("2d");
    g.scale(scale, scale);
    const colours = {};
    for (const d of "012349") colours[d] = colour("--c" + d);
    for (let i = 0; i < rows; i++) {
      const truth = problem.rows[i].truth;
      if (truth !== null) {
        g.fillStyle = truth ? colours[1] : colours[0];
        g.fillRect(0, i * size, strip - 4, size - gap);
      }
      for (let j = 0; j < problem.columns.length; j++) {
        g.fillStyle = colours[problem.cells[i][j]];
        g.fillRect(strip + j * size, i * size, size - gap, size - gap);
      }
    }
    if (row >= 0) {
      g.strokeStyle = colour("--fg");
      g.lineWidth = 2;
      g.strokeRect(strip + column * size, row * size, size, size);
    }
  }

  function select(i, j) {
    if (i < 0 || j < 0 || i >= problem.rows.length || j >= problem.columns.length) return;
    row = i;
    column = j;
    const r = problem.rows[i], c = problem.columns[j], detail = problem.details[`${i},${j}`];
    $("cell").hidden = false;
    $("outcome").textContent = names[problem.cells[i][j]] + (detail === undefined ? "" : ": " + problem.texts[detail]);
    const trace = (c.made || []).map((k) => problem.traces[k]).map((t) => `${t.call}  \u2192  ${t.values[t.of[i]] ?? "(not shown)"}`);
    $("trace").textContent = trace.join("\n");
    $("trace").hidden = !trace.length;
    $("solution-name").textContent = `solution ${r.name}, ${standing(r)}` + (r.truth === null ? "" : r.truth ? ", right" : ", wrong");
    $("solution").textContent = r.code;
    $("test-name").textContent = `test ${c.name}, trust ${c.trust.toFixed(2)}`;
    $("test").textContent = c.code;
    draw();
  }

  $("matrix").onclick = (e) => select(Math.floor(e.offsetY / size), Math.floor((e.offsetX - strip) / size));
  document.onkeydown = (e) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[e.key];
    if (!step || row < 0 || e.target.tagName === "INPUT") return;
    e.preventDefault();
    select(row + step[0], column + step[1]);
  };
  window.onresize = () => problem && draw();
  matchMedia("(prefers-color-scheme: dark)").onchange = () => problem && draw();
  if (data.problems.length) show(0);
})();
