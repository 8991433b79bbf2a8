/* Draws the large charts of a page from the JSON beside them. Values, words, colours and zones are decided by the server. */
(function () {
  "use strict";
  const root = document.documentElement;
  const SHAPES = { red: "rectRot", yellow: "triangle", green: "circle", none: "circle" };
  let charts = [];

  function colour(name) { return getComputedStyle(root).getPropertyValue("--" + name).trim(); }
  function narrow() { return innerWidth < 600; }

  function defaults() {
    Object.assign(Chart.defaults, { animation: false, maintainAspectRatio: false, color: colour("ink-3") });
    Object.assign(Chart.defaults.font, { family: getComputedStyle(document.body).fontFamily, size: 12 });
    Chart.defaults.plugins.legend.display = false;
    Object.assign(Chart.defaults.plugins.tooltip, {
      backgroundColor: colour("ink"), titleColor: colour("bg"), bodyColor: colour("bg"), padding: 11, cornerRadius: 8,
      displayColors: false, titleFont: { weight: "600" },
    });
  }

  /* Slanted lines over what may still change: seen in grey and by eyes that do not tell colours apart. */
  function hatch() {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const pen = tile.getContext("2d");
    pen.strokeStyle = colour("line-2");
    pen.lineWidth = 1.2;
    [-8, 0, 8].forEach(function (shift) {
      pen.moveTo(shift - 1, 9);
      pen.lineTo(shift + 9, -1);
    });
    pen.stroke();
    return pen.createPattern(tile, "repeat");
  }

  function ripening(part) {
    return {
      type: "box", xMin: part.from, borderWidth: 0, backgroundColor: hatch(), drawTime: "beforeDatasetsDraw",
      label: {
        display: true, content: part.label, color: colour("ink-2"), backgroundColor: colour("surface"),
        position: { x: "end", y: "start" }, font: { size: 11.5, weight: "600" }, padding: 5,
      },
    };
  }

  function rule(part) {
    return {
      type: "line", xMin: part.at, xMax: part.at, borderColor: colour("ink-2"), borderWidth: 1.5, borderDash: [4, 4],
      label: {
        display: true, content: part.label, position: "end", color: colour("bg"), backgroundColor: colour("ink"),
        font: { size: 11, weight: "600" }, padding: { x: 7, y: 4 }, borderRadius: 5,
      },
    };
  }

  /* What people noted: a line in the week of its day, a band over the weeks of a period. */
  function mark(part, low) {
    const content = part.label.length && narrow() ? part.short : part.label;
    const period = part.from !== part.to;
    const middle = (part.from + part.to) / 2;
    const line = {
      type: "line", xMin: middle, xMax: middle, borderColor: colour("ink"), borderWidth: period ? 0 : 1.4,
      borderDash: [3, 4],
      label: {
        display: content.length > 0, content: content, position: low ? "start" : "end", color: colour("bg"),
        backgroundColor: colour("ink"), font: { size: 11, weight: "600" }, padding: { x: 7, y: 4 }, borderRadius: 5,
        yAdjust: (low ? -20 : 20) * part.row,
      },
    };
    if (!period) return [line];
    return [{
      type: "box", xMin: part.from - 0.5, xMax: part.to + 0.5, backgroundColor: colour("mark-zone"),
      borderColor: colour("ink-3"), borderWidth: 1, borderDash: [3, 4], drawTime: "beforeDatasetsDraw",
    }, line];
  }

  function zone(part) {
    const sides = {};
    if (part.start !== null) sides.xMin = part.start;
    if (part.end !== null) sides.xMax = part.end;
    return {
      ...sides,
      type: "box", yMin: part.from, yMax: part.to, borderWidth: 0, drawTime: "beforeDatasetsDraw",
      backgroundColor: colour(part.band + "-zone"),
      label: {
        display: Boolean(part.label), content: part.label, color: colour(part.band), drawTime: "beforeDatasetsDraw",
        position: { x: "start", y: "center" }, font: { size: 11.5, weight: "600" }, padding: { left: 12 },
      },
    };
  }

  function ticks(data) {
    const number = new Intl.NumberFormat(data.language, { maximumFractionDigits: 2 });
    return function (value) { return number.format(value) + data.suffix; };
  }

  function trend(canvas, data) {
    const radius = narrow() ? 2.8 : data.small || data.values.length > 30 ? 3.5 : 4.5;
    const paint = data.bands.map(function (band) { return colour(band === "none" ? "ink-3" : band); });
    function kept(context) { return data.carried[context.p1DataIndex]; }
    function open(context) { return data.provisional[context.p1DataIndex]; }
    function hollow(index) { return data.carried[index] || data.provisional[index]; }
    const marks = data.zones.map(zone).concat(data.unripe ? [ripening(data.unripe)] : [], data.breaks.map(rule), data.marks.flatMap(function (part) { return mark(part, data.marksLow); }));
    return new Chart(canvas, {
      type: "line",
      data: {
        labels: data.labels,
        datasets: [{
          label: data.name, data: data.values, borderColor: colour("ink"), borderWidth: 2, tension: 0.2,
          cubicInterpolationMode: "monotone", spanGaps: false,
          pointStyle: data.bands.map(function (band, index) { return data.carried[index] ? "circle" : SHAPES[band]; }),
          pointRadius: radius, pointHoverRadius: 7, pointBorderWidth: 2, pointBorderColor: paint,
          pointBackgroundColor: paint.map(function (own, index) { return hollow(index) ? colour("surface") : own; }),
          clip: 8,
          segment: {
            borderDash: function (context) { return kept(context) ? [3, 4] : open(context) ? [7, 4] : undefined; },
            borderColor: function (context) { return kept(context) ? colour("ink-3") : undefined; },
          },
        }].concat(data.official ? [{
          said: data.officialShown, data: data.official, borderColor: colour("ink-3"), borderWidth: 1, pointRadius: 1.5, pointHoverRadius: 1.5,
          pointBackgroundColor: colour("ink-3"), pointBorderWidth: 0, spanGaps: true, clip: 8,
        }] : [], data.compared ? [{
          said: data.comparedShown, data: data.compared, borderColor: colour("accent"), borderWidth: 1.5,
          borderDash: [6, 4], pointRadius: 0, pointHoverRadius: 3, pointBackgroundColor: colour("accent"), clip: 8,
        }] : []),
      },
      options: {
        interaction: { mode: "index", intersect: false },
        layout: { padding: { right: 8, top: 6 } },
        scales: {
          x: {
            grid: { display: false }, border: { color: colour("line-2") },
            ticks: { maxRotation: 0, autoSkipPadding: narrow() ? 16 : 22 },
          },
          y: {
            min: data.axis.min, max: data.axis.max, border: { display: false },
            ticks: { stepSize: data.axis.step, padding: 6, callback: ticks(data) },
            grid: { color: colour("line"), drawTicks: false },
          },
        },
        plugins: {
          annotation: { clip: true, annotations: marks },
          tooltip: {
            callbacks: {
              title: function (items) { return data.titles[items[0].dataIndex]; },
              label: function (item) {
                if (item.dataset.said) return item.dataset.said[item.dataIndex];
                return data.shown[item.dataIndex] + "  " + data.words[item.dataIndex];
              },
              afterBody: function (items) { return data.notes[items[0].dataIndex]; },
            },
          },
        },
      },
    });
  }

  function draw() {
    charts.forEach(function (chart) { chart.destroy(); });
    defaults();
    charts = Array.from(document.querySelectorAll("canvas[data-chart]")).map(function (canvas) {
      return trend(canvas, JSON.parse(document.getElementById(canvas.dataset.chart).textContent));
    });
  }

  /* Without the library the table below each chart still tells everything. */
  if (!window.Chart) return;
  draw();
  document.addEventListener("themechange", draw);
})();
