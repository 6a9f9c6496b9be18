// The page: everything that it shows comes from the interface that docs/serve.md describes.
'use strict';

const $ = id => document.getElementById(id);

// element makes one; a string among the children is text, never markup.
function element(tag, props, ...children) {
  const e = Object.assign(document.createElement(tag), props);
  e.append(...children);
  return e;
}

// ask calls the server and gives its answer, or throws what it says is wrong.
async function ask(path, options) {
  const answer = await fetch(path, options);
  if (answer.status === 401) {
    $('token-form').hidden = false;
    $('token').focus();
  }
  const text = await answer.text();
  let data = null;
  try {
    data = text ? JSON.parse(text) : null;
  } catch {
    data = { error: text };
  }
  if (!answer.ok) {
    const why = data && (data.detail || data.message || (data.error && data.error.message) || data.error);
    throw new Error(why || `status ${answer.status}`);
  }
  return data;
}

function say(where, text, wrong) {
  $(where).textContent = text;
  $(where).className = wrong ? 'error' : '';
}

const number = (n, digits = 0) => n.toLocaleString(undefined, { maximumFractionDigits: digits });

function duration(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return `${number(seconds / 3600, 1)} h`;
}

// ---- the model

async function showModel() {
  const { data } = await ask('v1/models');
  if (!data.length) {
    say('model', 'No model: give tests.');
    $('tests').required = $('given').required = true;
    for (const e of document.querySelectorAll('.with-model')) e.hidden = true;
    return;
  }
  const { models } = await ask('api/ps');
  if (!models.length) {
    say('model', `${data[0].id}, loaded when it is first wanted`);
    return;
  }
  const m = models[0];
  say('model', `${m.name}: ${m.details.parameter_size} parameters, ${m.details.quantization_level}, ` +
    `${number(m.size / 2 ** 30, 1)} GiB, contexts of ${number(m.context_length)} tokens`);
}

// ---- one question

const examples = [
  'def median(xs):\n    xs = sorted(xs)\n    return xs[len(xs) // 2]\n',
  'def median(xs):\n    xs = sorted(xs)\n    n = len(xs)\n    if n % 2:\n        return xs[n // 2]\n    return (xs[n // 2 - 1] + xs[n // 2]) / 2\n',
];

function addCandidate(code) {
  const n = $('candidates').querySelectorAll('textarea').length + 1;
  const area = element('textarea', { rows: 7, spellcheck: false, value: code });
  area.setAttribute('aria-label', `Candidate ${n}`);
  $('candidates').append(area);
  return area;
}

async function choose(event) {
  event.preventDefault();
  const documents = [...$('candidates').querySelectorAll('textarea')].map(t => t.value).filter(t => t.trim());
  const tests = $('tests').value.split('\n').filter(t => t.trim());
  const button = event.target.querySelector('.main');
  button.disabled = true;
  say('try-status', tests.length ? 'Running the tests…' : 'The model writes tests…');
  try {
    const body = JSON.stringify({ query: $('question').value, documents, tests });
    const { results } = await ask('v1/rerank', { method: 'POST', body });
    $('choice').replaceChildren(...results.map((r, i) => element('li', {},
      element('strong', {}, `${i === 0 ? 'Chosen: candidate' : 'Candidate'} ${r.index + 1}`),
      ` score ${number(r.relevance_score, 3)}`, element('pre', {}, documents[r.index]))));
    say('try-status', 'Done.');
  } catch (e) {
    say('try-status', e.message, true);
  }
  button.disabled = false;
}

// ---- runs

const shown = new Map(); // run id → its item and what is known of it
let reported = null; // the run whose report is shown
let reportedAt = 0;

async function start(event) {
  event.preventDefault();
  const form = new FormData();
  const given = $('given').files[0];
  for (const [name, input] of [['problems', 'problems'], ['solutions', 'solutions'], ['tests', 'given']]) {
    const file = $(input).files[0];
    if (file) form.append(name, file);
  }
  form.append('name', $('name').value || $('problems').files[0].name);
  const spec = { job: 'rerank' };
  if (!given) spec.writing = { tests_per_problem: Number($('per').value) };
  form.append('spec', JSON.stringify(spec));
  say('new-status', 'Sending…');
  try {
    const run = await ask('v1/runs', { method: 'POST', body: form });
    say('new-status', 'Started.');
    show(run);
    $('none').hidden = true;
  } catch (e) {
    say('new-status', e.message, true);
  }
}

// show adds a run's item, the newest first, and follows it while it goes on.
function show(run) {
  const title = element('h3', {}, run.name || run.id);
  const bar = element('progress', { max: 1, value: 0 });
  bar.setAttribute('aria-label', `Progress of ${run.name || run.id}`);
  const facts = element('p', { className: 'facts' });
  const report = element('button', { type: 'button' }, 'Report');
  const stop = element('button', { type: 'button' }, 'Stop');
  const wrong = element('p', { className: 'error', hidden: true });
  const item = element('li', {}, title, bar, facts, wrong, element('p', {}, report, ' ', stop));
  const known = { item, bar, facts, stop, wrong, last: null, rate: {}, followed: false };
  shown.set(run.id, known);
  $('runs').prepend(item);
  report.onclick = () => openReport(run.id, title.textContent, true);
  stop.onclick = async () => {
    try {
      await ask(`v1/runs/${run.id}`, { method: 'DELETE' });
      if (known.over) {
        item.remove();
        shown.delete(run.id);
        $('none').hidden = shown.size > 0;
      }
    } catch (e) {
      wrong.textContent = e.message;
      wrong.hidden = false;
    }
  };
  update(run);
}

// follow keeps a connection, of which a browser has few: runs that wait are asked for
// by refresh.
function follow(id) {
  const events = new EventSource(`v1/runs/${id}/events`);
  events.addEventListener('progress', e => {
    const run = JSON.parse(e.data);
    update(run);
    if (shown.get(id).over) events.close();
  });
}

// perSecond is how fast a count grows, smoothed a little.
function perSecond(known, name, run) {
  const before = known.last;
  if (before && run.seconds > before.seconds) {
    const now = Math.max(0, run[name] - before[name]) / (run.seconds - before.seconds);
    known.rate[name] = known.rate[name] === undefined ? now : 0.6 * known.rate[name] + 0.4 * now;
  }
  return known.rate[name] || 0;
}

function update(run) {
  const known = shown.get(run.id);
  const grew = known.last && run.finished > known.last.finished;
  const tokens = perSecond(known, 'tokens', run), pairs = perSecond(known, 'pairs', run);
  const facts = [run.state];
  if (run.problems) facts.push(`${run.finished} of ${run.problems} problems`);
  if (run.state === 'running') {
    if (run.phase) facts.push(run.phase);
    if (run.tokens || run.completions < run.completions_planned) facts.push(`${number(run.completions)} of ${number(run.completions_planned)} completions`, `${number(tokens)} tokens/s`);
    facts.push(`${number(pairs)} pairs/s`);
    if (run.seconds_left) facts.push(`about ${duration(run.seconds_left)} left`);
  }
  known.facts.replaceChildren(...facts.map(f => element('span', {}, f)));
  known.bar.value = run.problems ? run.finished / run.problems : 0;
  known.wrong.textContent = run.error || '';
  known.wrong.hidden = !run.error;
  known.over = run.state !== 'running' && run.state !== 'waiting';
  known.stop.textContent = known.over ? 'Remove' : 'Stop';
  const ended = known.last && known.last.state !== run.state && known.over;
  known.last = run;
  if (run.state === 'running' && !known.followed) {
    known.followed = true;
    follow(run.id);
  }
  if (reported === run.id && (ended || grew && Date.now() - reportedAt > 3000)) openReport(run.id, null, false);
}

function openReport(id, title, scroll) {
  reported = id;
  reportedAt = Date.now();
  $('report-section').hidden = false;
  if (title) $('report-title').textContent = `Report: ${title}`;
  $('report').src = `v1/runs/${id}/report`;
  if (scroll) $('report-section').scrollIntoView();
}

// refresh shows all runs, also those that others have started.
async function refresh() {
  const { runs } = await ask('v1/runs');
  $('none').hidden = runs.length > 0;
  for (const run of runs.reverse()) {
    if (!shown.has(run.id)) show(run);
    else if (!shown.get(run.id).over) update(run);
  }
}

// ---- dropping files

function dropped(event) {
  event.preventDefault();
  $('drop').classList.remove('over');
  const inputs = ['problems', 'solutions', 'given'];
  const free = [...event.dataTransfer.files].slice(0, 3);
  // A file goes where its name says, the others in order.
  const places = { problems: /problem|humaneval|mbpp/i, solutions: /solution|sample|candidate/i, given: /test/i };
  for (const input of inputs) {
    const i = free.findIndex(f => places[input].test(f.name));
    if (i >= 0) put(input, free.splice(i, 1)[0]);
  }
  for (const input of inputs) {
    if (free.length && !$(input).files.length) put(input, free.shift());
  }
}

function put(input, file) {
  const one = new DataTransfer();
  one.items.add(file);
  $(input).files = one.files;
}

// ---- the page

async function open() {
  try {
    await showModel();
    await refresh();
  } catch (e) {
    say('model', e.message, true);
    return;
  }
  setInterval(() => {
    if (!document.hidden) refresh().catch(() => {}); // the server is being started again, say
  }, 3000);
}

$('token-form').onsubmit = event => {
  event.preventDefault();
  document.cookie = `coderm_token=${encodeURIComponent($('token').value)}; SameSite=Strict; path=/`;
  location.reload();
};
examples.forEach(addCandidate);
$('add').onclick = () => addCandidate('').focus();
$('try').onsubmit = choose;
$('new').onsubmit = start;
$('drop').ondragover = event => {
  event.preventDefault();
  $('drop').classList.add('over');
};
$('drop').ondragleave = () => $('drop').classList.remove('over');
$('drop').ondrop = dropped;
open();
