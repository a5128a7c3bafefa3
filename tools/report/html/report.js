/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Shows the records of the page. Names and messages come from anywhere: they
 * get into the page as text content and attribute values only.
 *
 * A record: p path as shown, b its bytes (base64) where that is not the same,
 * v verdict, w verdict before (of skipped files), q confidence, d damage, m
 * mode, c container, s size, l length (ns), e seconds that the check took,
 * a when it was made (Unix seconds), t streams, f findings. A stream: i id, c
 * codec, d decoder, n frames, l length (ns), u why it was not checked. A
 * finding: r rule, v severity, c certainty, i stream, s start and e end (ns),
 * o offset, n count, m message, k the one that decided. What is not known is
 * not there. */
'use strict';
(function () {
  const VERDICTS = ['healthy', 'suspicious', 'corrupt', 'incomplete',
    'unreadable', 'unsupported', 'skipped'];
  const SIGNS = ['\u2713', '?', '\u2715', '\u2026', '\u2298', '\u2013', '\u00bb'];
  /* The damaged first. */
  const RANK = [6, 3, 0, 2, 1, 4, 5];
  const HEALTHY = 0, SKIPPED = 6;
  const SEVERITIES = ['info', 'warning', 'error', 'critical'];
  /* What kind of finding, by the area of its rule: shapes in a square of 20. */
  const SHAPES = {
    container: 'M3 3h14v14h-14z',
    stream: 'M10 2l8 15h-16z',
    time: 'M10 1l9 9l-9 9l-9 -9z',
    decode: 'M10 2a8 8 0 1 0 .01 0z',
    process: 'M5 2l5 5l5 -5l3 3l-5 5l5 5l-3 3l-5 -5l-5 5l-3 -3l5 -5l-5 -5z',
    io: 'M6 2h8l4 4v8l-4 4h-8l-4 -4v-8z',
    content: 'M10 18l8 -15h-16z',
    fixity: 'M10 1l2.6 6h6l-4.8 4.2l1.8 6.8l-5.6 -4l-5.6 4l1.8 -6.8l-4.8 -4.2h6z'
  };
  const MAX_PRINTED = 2000;
  const MAX_GROUPS = 6;
  /* Of the width of a lane. */
  const MARK_SHARE = 0.018;
  const MAX_MARK_ROWS = 4;

  const $ = (id) => document.getElementById(id);
  const parse = (id) => JSON.parse($(id).textContent);
  const rules = parse('rules');
  const records = parse('records');
  const totals = parse('totals');

  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {}))
      element.setAttribute(name, value);
    for (const child of children)
      if (child !== null && child !== undefined)
        element.append(child);
    return element;
  }

  /* Numbers for people. */

  function shownSize(bytes) {
    const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
    let unit = 0;
    while (bytes >= 999.95 && unit + 1 < units.length) {
      bytes /= 1000;
      unit++;
    }
    return (unit ? bytes.toFixed(1) : String(bytes)) + ' ' + units[unit];
  }

  function shownTime(ns) {
    const ms = Math.floor(ns / 1e6);
    const two = (n) => String(Math.floor(n)).padStart(2, '0');
    return two(ms / 3600000) + ':' + two(ms / 60000 % 60) + ':' +
      two(ms / 1000 % 60) + '.' + String(ms % 1000).padStart(3, '0');
  }

  /* In UTC. */
  function shownDate(seconds) {
    const date = new Date(seconds * 1000);
    return isNaN(date) ? '' :
      date.toISOString().replace('T', ' ').replace(/:\d\d\.\d+Z$/, '');
  }

  const shownShare = (share) => (100 * share).toFixed(share < 0.1 ? 1 : 0) + ' %';
  const plural = (n, noun) => n.toLocaleString('en') + ' ' + noun +
    (n === 1 ? '' : 's');

  /* What is derived from a record. */

  const area = (finding) => rules[finding.r].id.split('::')[0];

  function splitPath(path) {
    const place = path.lastIndexOf('/');
    return place < 0 ? ['', path] : [path.slice(0, place) || '/',
      path.slice(place + 1)];
  }

  function prepare(record, number) {
    record.number = number;
    /* What a skipped file is, its stored result says. */
    record.is = record.v === SKIPPED ? record.w : record.v;
    record.main = (record.f || []).find((finding) => finding.k);
    record.codecs = record.t.map((stream) => stream.c).filter(Boolean);
    [record.folder, record.name] = splitPath(record.p);
  }
  records.forEach(prepare);

  function haystack(record) {
    if (record.text === undefined) {
      const found = (record.f || []).map(
        (finding) => rules[finding.r].id + '\n' + finding.m);
      record.text = [record.p, record.c || '', ...record.codecs, ...found]
        .join('\n').toLowerCase();
    }
    return record.text;
  }

  function verdictBadge(record) {
    const text = SIGNS[record.is] + ' ' + VERDICTS[record.is] +
      (record.v === SKIPPED && record.is !== SKIPPED ? ' (unchanged)' : '');
    return make('span', { class: 'verdict v' + record.is }, text);
  }

  /* The summary. */

  function countBy(list) {
    const counts = new Array(VERDICTS.length).fill(0);
    for (const record of list)
      counts[record.is]++;
    return counts;
  }

  const byRank = VERDICTS.map((_, i) => i).sort((a, b) => RANK[a] - RANK[b]);

  function fillBar(bar, counts) {
    const total = counts.reduce((sum, n) => sum + n, 0);
    for (const verdict of byRank) {
      if (!counts[verdict])
        continue;
      const part = make('span', { class: 'f' + verdict,
        title: VERDICTS[verdict] + ': ' + counts[verdict] });
      part.style.flex = String(counts[verdict] / total);
      bar.append(part);
    }
    return bar;
  }

  function showSummary() {
    const counts = countBy(records);
    const told = byRank.filter((v) => counts[v]);
    const unchanged = records.filter((r) => r.v === SKIPPED).length;
    $('headline').textContent = plural(records.length, 'file') +
      (totals.interrupted ? '; interrupted before the end' : '');
    fillBar($('bar'), counts);
    $('bar').setAttribute('aria-label', told.length ? told.map(
      (v) => counts[v] + ' ' + VERDICTS[v]).join(', ') : 'no files');
    for (const verdict of told)
      $('verdicts').append(make('li', {}, make('b', {},
        counts[verdict].toLocaleString('en')), ' ', make('span',
        { class: 'verdict v' + verdict },
        SIGNS[verdict] + ' ' + VERDICTS[verdict])));
    const fact = (name, value) => $('facts').append(make('dt', {}, name),
      make('dd', {}, value));
    fact('Size', shownSize(records.reduce((sum, r) => sum + (r.s || 0), 0)));
    if (unchanged)
      fact('Not checked again', plural(unchanged, 'file') +
        ' that had not changed');
    if (totals.elapsed > 0) {
      fact('Checked', plural(totals.checked, 'file') + ', ' +
        shownSize(totals.bytes) + ' in ' + totals.elapsed.toFixed(1) + ' s');
      fact('Throughput', (totals.checked / totals.elapsed).toFixed(1) +
        ' files/s, ' + (totals.bytes / 1e6 / totals.elapsed).toFixed(1) +
        ' MB/s');
    }
    if (totals.oldest)
      fact('Results from', shownDate(totals.oldest) + ' to ' +
        shownDate(totals.newest));
    $('made').textContent = 'Made by cvi-gst ' + totals.version +
      '. Times of day are in UTC.';
  }

  /* Files by container, codec and folder. */

  /* All folders have this one above them. */
  function commonFolder() {
    let common = null;
    for (const record of records) {
      if (common === null)
        common = record.folder;
      while (common && record.folder !== common &&
             !record.folder.startsWith(common + '/'))
        common = splitPath(common)[0] === common ? '' : splitPath(common)[0];
      if (!common || common === '/')
        return '';
    }
    return common || '';
  }

  function groupBy(keysOf) {
    const groups = new Map();
    for (const record of records)
      for (const key of new Set(keysOf(record))) {
        if (!groups.has(key))
          groups.set(key, []);
        groups.get(key).push(record);
      }
    const rows = [...groups].map(([key, list]) => {
      const counts = countBy(list);
      return { key, list, counts, bad: list.length - counts[HEALTHY] };
    });
    return rows.sort((a, b) => b.bad - a.bad || b.list.length - a.list.length ||
      (a.key < b.key ? -1 : 1));
  }

  function groupTable(title, groups, choose, common) {
    const body = make('tbody');
    for (const group of groups.slice(0, MAX_GROUPS)) {
      const button = make('button', { type: 'button', class: 'link',
        title: 'Show these files' }, common && group.key !== common ?
        group.key.slice(common.length + 1) : group.key);
      button.addEventListener('click', () => choose(group.key));
      body.append(make('tr', {}, make('td', {}, button),
        make('td', { class: 'number' }, group.list.length.toLocaleString('en')),
        make('td', { class: 'number' }, group.bad.toLocaleString('en')),
        make('td', {}, fillBar(make('div', { class: 'share',
          'aria-hidden': 'true' }), group.counts))));
    }
    if (groups.length > MAX_GROUPS)
      body.append(make('tr', {}, make('td', { colspan: 4 },
        'and ' + (groups.length - MAX_GROUPS) + ' more')));
    return make('table', {}, make('caption', {}, 'By ' + title +
      (common ? ' in ' + common : '')), make('thead', {},
      make('tr', {}, make('th', { scope: 'col' }, title),
        make('th', { scope: 'col', class: 'number' }, 'files'),
        make('th', { scope: 'col', class: 'number' }, 'not healthy'),
        make('th', { scope: 'col' }, 'share'))), body);
  }

  function showGroups() {
    const common = commonFolder();
    const folderOf = (record) => {
      const rest = record.folder.slice(common.length);
      const end = rest.indexOf('/', 1);
      return [(common + (end < 0 ? rest : rest.slice(0, end))) || '/'];
    };
    const chooseIn = (id) => (key) => {
      $(id).value = key;
      showAll();
    };
    $('groups').append(
      groupTable('container', groupBy((r) => [r.c || 'unknown']),
        chooseIn('container')),
      groupTable('codec', groupBy((r) => r.codecs), chooseIn('codec')),
      groupTable('folder', groupBy(folderOf), (key) => {
        $('search').value = key === '/' ? key : key + '/';
        showAll();
      }, common));
  }

  /* The table: what is shown, in which order, from where. */

  const COLUMNS = [
    { name: 'Verdict', key: (r) => RANK[r.is] },
    { name: 'File', key: (r) => r.p },
    { name: 'Most important finding',
      key: (r) => r.main ? rules[r.main.r].id : '\uffff' },
    { name: 'Findings', number: true, key: (r) => (r.f || []).length },
    { name: 'Damage', number: true, key: (r) => r.d || 0 },
    { name: 'Container', key: (r) => r.c || '\uffff' },
    { name: 'Codecs', key: (r) => r.codecs.join(', ') || '\uffff' },
    { name: 'Size', number: true, key: (r) => r.s || 0 },
    { name: 'Length', number: true, key: (r) => r.l || 0 },
    { name: 'Checked', key: (r) => r.a }
  ];
  const state = { column: 0, down: false, page: 0, chosen: [], open: new Set(),
    printing: false };

  /* Within the same verdict the most damaged first, then by name. */
  function compareWithin(a, b) {
    return RANK[a.is] - RANK[b.is] || (b.d || 0) - (a.d || 0) ||
      (a.p < b.p ? -1 : a.p > b.p ? 1 : 0);
  }

  function sortChosen() {
    const key = COLUMNS[state.column].key;
    const keys = new Map(state.chosen.map((record) => [record, key(record)]));
    const sign = state.down ? -1 : 1;
    state.chosen.sort((a, b) => {
      const x = keys.get(a), y = keys.get(b);
      return x < y ? -sign : x > y ? sign : compareWithin(a, b);
    });
  }

  const verdictBoxes = [];

  function choose() {
    const words = $('search').value.toLowerCase().split(/\s+/).filter(Boolean);
    const container = $('container').value, codec = $('codec').value;
    const rule = $('rule').value;
    const wanted = verdictBoxes.map((box) => !box || box.checked);
    let nHidden = 0;
    state.chosen = records.filter((record) => {
      if ((container && (record.c || 'unknown') !== container) ||
          (codec && !record.codecs.includes(codec)) ||
          (rule && !(record.f || []).some((f) => rules[f.r].id === rule)) ||
          !words.every((word) => haystack(record).includes(word)))
        return false;
      if (!wanted[record.is]) {
        nHidden++;
        return false;
      }
      return true;
    });
    sortChosen();
    showHidden(nHidden, wanted);
  }

  function showHidden(n, wanted) {
    const hidden = $('hidden');
    hidden.textContent = '';
    if (!n)
      return;
    const onlyHealthy = wanted.every((w, i) => w || i === HEALTHY ||
      !verdictBoxes[i]);
    hidden.append(plural(n, onlyHealthy ? 'healthy file' : 'file') +
      (n === 1 ? ' is' : ' are') + ' not shown');
    const button = make('button', { type: 'button', id: 'show-hidden' },
      'Show');
    button.addEventListener('click', showAll);
    hidden.append(button);
  }

  function showAll() {
    for (const box of verdictBoxes)
      if (box)
        box.checked = true;
    update();
    $('files').focus();
  }

  function pageSize() {
    return state.printing ? MAX_PRINTED : Number($('rows').value);
  }

  function showRows() {
    const size = pageSize();
    const n = state.chosen.length;
    const nPages = Math.max(1, Math.ceil(n / size));
    state.page = Math.min(Math.max(state.page, 0), nPages - 1);
    const from = state.printing ? 0 : state.page * size;
    const body = document.createDocumentFragment();
    for (const record of state.chosen.slice(from, from + size)) {
      body.append(fileRow(record));
      if (state.open.has(record.number))
        body.append(detailRow(record));
    }
    if (!n)
      body.append(make('tr', {}, make('td', { colspan: COLUMNS.length },
        'No file is like that.')));
    $('table').tBodies[0].replaceChildren(body);
    hideTip();
    $('where').textContent = n ? (from + 1) + '\u2013' +
      Math.min(from + size, n) + ' of ' + plural(n, 'file') : '0 files';
    $('first').disabled = $('previous').disabled = state.page === 0;
    $('next').disabled = $('last').disabled = state.page === nPages - 1;
    [...$('table').tHead.rows[0].cells].forEach((cell, i) =>
      cell.setAttribute('aria-sort', i !== state.column ? 'none' :
        state.down ? 'descending' : 'ascending'));
  }

  function update() {
    state.page = 0;
    choose();
    showRows();
  }

  function fileRow(record) {
    const open = state.open.has(record.number);
    const name = make('button', { type: 'button', class: 'name',
      'aria-expanded': String(open), 'data-file': record.number }, record.name);
    if (open)
      name.setAttribute('aria-controls', 'detail-' + record.number);
    const main = record.main;
    const cells = [
      verdictBadge(record),
      [name, make('span', { class: 'folder' }, record.folder)],
      main ? rules[main.r].id + ': ' + main.m : '',
      record.f ? record.f.length : '',
      record.d ? shownShare(record.d) : '',
      record.c || '',
      [...new Set(record.codecs)].join(', '),
      record.s === undefined ? '' : shownSize(record.s),
      record.l === undefined ? '' : shownTime(record.l).slice(0, -4),
      shownDate(record.a)
    ];
    const row = make('tr', { class: 'file' });
    cells.forEach((content, i) => row.append(make('td', COLUMNS[i].number ?
      { class: 'number' } : i === 2 ? { class: 'main' } : {},
      ...[].concat(content))));
    return row;
  }

  function toggle(button) {
    const number = Number(button.dataset.file);
    const row = button.closest('tr');
    const open = !state.open.has(number);
    button.setAttribute('aria-expanded', String(open));
    if (open) {
      state.open.add(number);
      row.after(detailRow(records[number]));
      button.setAttribute('aria-controls', 'detail-' + number);
    } else {
      state.open.delete(number);
      row.nextElementSibling.remove();
      button.removeAttribute('aria-controls');
    }
  }

  /* What is told of a file when it is open. */

  function shape(kind) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    svg.setAttribute('viewBox', '0 0 20 20');
    svg.setAttribute('aria-hidden', 'true');
    path.setAttribute('d', SHAPES[kind] || SHAPES.decode);
    svg.append(path);
    return svg;
  }

  function placeOf(finding) {
    const parts = [];
    if (finding.s !== undefined)
      parts.push(shownTime(finding.s) + (finding.e > finding.s ?
        ' to ' + shownTime(finding.e) : ''));
    if (finding.o !== undefined)
      parts.push('byte ' + finding.o);
    return parts.join(', ') || 'the whole file';
  }

  function describe(finding) {
    return SEVERITIES[finding.v] + ' ' + rules[finding.r].id + '\n' +
      placeOf(finding) + (finding.i ? ' (' + finding.i + ')' : '') + '\n' +
      finding.m + (finding.n ? '\n' + finding.n + ' times' : '');
  }

  /* Marks that would hide each other are put into rows. Returns the row of each
   * of @shares, which are in order. */
  function spread(shares) {
    const ends = [];
    return shares.map((share) => {
      let row = ends.findIndex((end) => share - end > MARK_SHARE);
      if (row < 0)
        row = ends.length < MAX_MARK_ROWS ? ends.length :
          ends.indexOf(Math.min(...ends));
      ends[row] = share;
      return row;
    });
  }

  function mark(finding, number, share, first) {
    const button = make('button', { type: 'button', class: 'mark ' +
      area(finding), tabindex: first ? 0 : -1, 'data-finding': number,
      'aria-label': describe(finding).replace(/\n/g, ', ') },
      shape(area(finding)));
    button.style.left = 100 * Math.min(1, Math.max(0, share)) + '%';
    return button;
  }

  function part(kind, from, to) {
    const element = make('div', { class: kind });
    element.style.left = 100 * from + '%';
    element.style.width = 100 * Math.max(0, Math.min(1, to) - from) + '%';
    return element;
  }

  /* @place: of a finding, from and to as shares of the lane */
  function lane(label, findings, place, background) {
    const strip = make('div', { class: 'lane', role: 'group',
      'aria-label': label });
    if (background)
      strip.append(background);
    for (const [finding] of findings) {
      const [from, to] = place(finding);
      if (to > from)
        strip.append(part('span ' + area(finding), from, to));
    }
    const marks = findings.map(([finding, number], i) =>
      mark(finding, number, place(finding)[0], i === 0));
    const rows = spread(findings.map(([finding]) => place(finding)[0]));
    const nRows = Math.max(1, ...rows.map((row) => row + 1));
    strip.style.height = 0.5 + 1.4 * nRows + 'rem';
    marks.forEach((button, i) => {
      button.style.top = 100 * (rows[i] + 0.5) / nRows + '%';
      strip.append(button);
    });
    return [make('div', { class: 'label', 'aria-hidden': 'true' }, label),
      strip];
  }

  function streamLane(record, stream, findings, length, place) {
    const own = findings.filter(([f]) => f.i === stream.i);
    let label = stream.i + (stream.c ? ' ' + stream.c : '');
    let background;
    if (stream.u !== undefined) {
      label += ': not checked' + (stream.u ? ', ' + stream.u : '');
      background = part('unchecked', 0, 1);
    } else if (record.m === 'quick') {
      label += ': decoded in places only';
      background = part('partly', 0, 1);
    } else {
      background = part('extent', 0,
        stream.l && length ? stream.l / length : 1);
    }
    return lane(label, own, place, background);
  }

  function axis(length, shown) {
    const ticks = make('div', { class: 'axis', 'aria-hidden': 'true' });
    const nParts = Math.min(4, length);
    for (let i = 0; i <= nParts; i++)
      ticks.append(make('span', {}, shown(Math.round(length * i / nParts))));
    return [make('div', { class: 'label' }), ticks];
  }

  function timeline(record) {
    const found = (record.f || []).map((finding, i) => [finding, i]);
    const timed = found.filter(([f]) => f.s !== undefined)
      .sort(([a], [b]) => a.s - b.s);
    const byOffset = found.filter(
      ([f]) => f.s === undefined && f.o !== undefined)
      .sort(([a], [b]) => a.o - b.o);
    const length = Math.max(record.l || 0, 1,
      ...record.t.map((stream) => stream.l || 0),
      ...timed.map(([f]) => Math.max(f.s, f.e || 0)));
    const size = Math.max(record.s || 0, 1, ...byOffset.map(([f]) => f.o));
    const place = (f) => [f.s / length, (f.e || f.s) / length];
    const known = new Set(record.t.map((stream) => stream.i));
    const others = timed.filter(([f]) => !known.has(f.i));
    const strip = make('div', { class: 'strip' });
    for (const stream of record.t)
      strip.append(...streamLane(record, stream, timed, length, place));
    if (others.length)
      strip.append(...lane('all streams', others, place));
    if (record.t.length || others.length)
      strip.append(...axis(length, shownTime));
    /* Nothing was looked at where not even the streams are known. */
    if (byOffset.length || !record.t.length) {
      strip.append(...lane(record.t.length ? 'bytes of the file' :
        'bytes of the file: no stream was checked', byOffset,
        (f) => [f.o / size, f.o / size],
        record.t.length ? part('extent', 0, 1) : part('unchecked', 0, 1)));
      strip.append(...axis(size, shownSize));
    }
    return strip;
  }

  function legend(record) {
    const kinds = [...new Set((record.f || []).map(area))];
    const list = make('ul', { class: 'legend' });
    for (const kind of kinds)
      list.append(make('li', { class: kind }, shape(kind),
        make('b', {}, kind)));
    list.append(make('li', {}, make('span', { class: 'swatch' }),
      make('b', {}, 'not checked')));
    return list;
  }

  function findingTable(record) {
    const heads = ['Severity', 'Rule', 'Certainty', 'Stream', 'Place', 'Times',
      'Message'];
    const body = make('tbody');
    record.f.forEach((finding, i) => body.append(make('tr',
      { id: 'finding-' + record.number + '-' + i },
      make('td', {}, SEVERITIES[finding.v]),
      make('td', { title: rules[finding.r].summary }, rules[finding.r].id),
      make('td', { class: 'number' }, finding.c.toFixed(2)),
      make('td', {}, finding.i || 'file'),
      make('td', {}, placeOf(finding)),
      make('td', { class: 'number' }, finding.n || 1),
      make('td', {}, finding.m))));
    return make('table', { class: 'found' }, make('caption', {}, 'Findings'),
      make('thead', {}, make('tr', {}, ...heads.map(
        (head) => make('th', { scope: 'col' }, head)))), body);
  }

  function facts(record) {
    const list = make('dl');
    const fact = (name, value) => {
      if (value)
        list.append(make('dt', {}, name), make('dd', {}, value));
    };
    fact('Path', record.p);
    for (const stream of record.t)
      fact(stream.i, [stream.c, stream.d && 'decoded by ' + stream.d,
        stream.n !== undefined && plural(stream.n, 'frame'),
        stream.l !== undefined && shownTime(stream.l),
        stream.u !== undefined && 'not checked' + (stream.u && ': ' + stream.u)
      ].filter(Boolean).join(', '));
    fact('Confidence', record.q && record.q.toFixed(2));
    fact('Check', 'mode ' + record.m + ', ' + record.e.toFixed(1) + ' s');
    const actions = new Set((record.f || []).filter((f) => f.v > 0)
      .map((f) => rules[f.r].action));
    for (const action of actions)
      fact('What to do', action);
    return list;
  }

  function detailRow(record) {
    const inner = make('div', {}, timeline(record), legend(record));
    if (record.f)
      inner.append(findingTable(record));
    inner.append(facts(record));
    return make('tr', { class: 'detail', id: 'detail-' + record.number },
      make('td', { colspan: COLUMNS.length }, inner));
  }

  /* The tooltip of the mark that has the pointer or the focus. */

  function showTip(target) {
    const record = recordOf(target);
    const tip = $('tip');
    tip.textContent = describe(record.f[Number(target.dataset.finding)]);
    tip.hidden = false;
    const at = target.getBoundingClientRect();
    const left = Math.min(at.left, document.documentElement.clientWidth -
      tip.offsetWidth - 8);
    tip.style.left = Math.max(4, left) + 'px';
    tip.style.top = (at.top > tip.offsetHeight + 8 ?
      at.top - tip.offsetHeight - 4 : at.bottom + 4) + 'px';
  }

  function hideTip() {
    $('tip').hidden = true;
  }

  function recordOf(element) {
    return records[Number(element.closest('.detail').id.slice(7))];
  }

  function chooseFinding(target) {
    const detail = target.closest('.detail');
    for (const row of detail.querySelectorAll('.chosen'))
      row.classList.remove('chosen');
    const row = $('finding-' + detail.id.slice(7) + '-' +
      target.dataset.finding);
    row.classList.add('chosen');
    row.scrollIntoView({ block: 'nearest' });
  }

  /* Keys. */

  function moveTo(list, from, key) {
    const at = list.indexOf(from);
    const to = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1,
      ArrowLeft: at - 1, Home: 0, End: list.length - 1 }[key];
    if (to === undefined || !list[to])
      return false;
    list[to].focus();
    return true;
  }

  function onTableKey(event) {
    const target = event.target;
    let done = false;
    if (event.key === 'Escape') {
      const detail = target.closest('.detail');
      const row = detail ? detail.previousElementSibling :
        target.closest('tr.file');
      const button = row && row.querySelector('.name');
      if (button && button.getAttribute('aria-expanded') === 'true') {
        toggle(button);
        button.focus();
        hideTip();
        done = true;
      }
    } else if (target.matches('.mark')) {
      const marks = [...target.parentNode.querySelectorAll('.mark')];
      if (/^(Arrow(Left|Right)|Home|End)$/.test(event.key) &&
          moveTo(marks, target, event.key)) {
        target.tabIndex = -1;
        document.activeElement.tabIndex = 0;
        done = true;
      }
    } else if (target.matches('.name') &&
               /^(Arrow(Up|Down)|Home|End)$/.test(event.key)) {
      done = moveTo([...$('table').querySelectorAll('.name')], target,
        event.key);
    }
    if (done)
      event.preventDefault();
  }

  function onPageKey(event) {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey ||
        event.target.matches('input, select'))
      return;
    event.preventDefault();
    $('search').focus();
  }

  /* Controls. */

  function fillSelect(id, values) {
    $(id).append(make('option', { value: '' }, 'any'));
    for (const value of [...new Set(values)].sort())
      $(id).append(make('option', { value }, value));
    $(id).addEventListener('change', update);
  }

  function addVerdictBoxes() {
    const counts = countBy(records);
    const allHealthy = counts[HEALTHY] === records.length;
    VERDICTS.forEach((_, verdict) => verdictBoxes.push(null));
    for (const verdict of byRank) {
      if (!counts[verdict])
        continue;
      const box = make('input', { type: 'checkbox', value: VERDICTS[verdict] });
      box.defaultChecked = verdict !== HEALTHY || allHealthy;
      box.addEventListener('change', update);
      verdictBoxes[verdict] = box;
      $('shown').append(make('label', {}, box, make('span',
        { class: 'v' + verdict }, VERDICTS[verdict])));
    }
  }

  function addHeads() {
    COLUMNS.forEach((column, i) => {
      const button = make('button', { type: 'button' }, column.name);
      button.addEventListener('click', () => {
        /* Of numbers the largest are of interest. */
        state.down = state.column === i ? !state.down : !!column.number;
        state.column = i;
        state.page = 0;
        sortChosen();
        showRows();
      });
      $('table').tHead.rows[0].append(make('th', { scope: 'col',
        class: column.number ? 'number' : '' }, button));
    });
  }

  function addTheme() {
    const names = { '': 'as the system', dark: 'dark', light: 'light' };
    const order = Object.keys(names);
    $('theme').addEventListener('click', () => {
      const root = document.documentElement;
      const next = order[(order.indexOf(root.dataset.theme || '') + 1) %
        order.length];
      if (next)
        root.dataset.theme = next;
      else
        delete root.dataset.theme;
      $('theme').textContent = 'Theme: ' + names[next];
    });
  }

  function addTable() {
    const body = $('table').tBodies[0];
    body.addEventListener('click', (event) => {
      const name = event.target.closest('.name');
      const target = event.target.closest('.mark');
      if (name)
        toggle(name);
      else if (target)
        chooseFinding(target);
    });
    for (const kind of ['mouseover', 'focusin'])
      body.addEventListener(kind, (event) => {
        const target = event.target.closest('.mark');
        if (target)
          showTip(target);
      });
    for (const kind of ['mouseout', 'focusout'])
      body.addEventListener(kind, hideTip);
    body.addEventListener('keydown', onTableKey);
    document.addEventListener('keydown', onPageKey);
  }

  function addPages() {
    const go = (id, to) => $(id).addEventListener('click', () => {
      state.page = to();
      showRows();
    });
    go('first', () => 0);
    go('previous', () => state.page - 1);
    go('next', () => state.page + 1);
    go('last', () => Infinity);
    $('rows').addEventListener('change', () => {
      state.page = 0;
      showRows();
    });
    window.addEventListener('beforeprint', () => {
      state.printing = true;
      showRows();
    });
    window.addEventListener('afterprint', () => {
      state.printing = false;
      showRows();
    });
  }

  function addFilters() {
    fillSelect('container', records.map((record) => record.c || 'unknown'));
    fillSelect('codec', records.flatMap((record) => record.codecs));
    fillSelect('rule', records.flatMap(
      (record) => (record.f || []).map((f) => rules[f.r].id)));
    addVerdictBoxes();
    $('search').addEventListener('input', update);
    $('filters').addEventListener('submit', (e) => e.preventDefault());
    $('clear').addEventListener('click', () => {
      $('filters').reset();
      update();
    });
  }

  addTheme();
  addHeads();
  addFilters();
  addTable();
  addPages();
  showSummary();
  showGroups();
  update();
})();
