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

  function zone(part) {
    return {
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
    return new Chart(canvas, {
      type: "line",
      data: {
        labels: data.labels,
        datasets: [{
          label: data.name, data: data.values, borderColor: colour("ink"), borderWidth: 2, tension: 0.2,
          cubicInterpolationMode: "monotone", spanGaps: false,
          pointStyle: data.bands.map(function (band, index) { return data.carried[index] ? "circle" : SHAPES[band]; }),
          pointRadius: radius, pointHoverRadius: 7, pointBorderWidth: 2, pointBorderColor: paint,
          pointBackgroundColor: paint.map(function (own, index) { return data.carried[index] ? colour("surface") : own; }),
          clip: 8,
          segment: {
            borderDash: function (context) { return kept(context) ? [3, 4] : undefined; },
            borderColor: function (context) { return kept(context) ? colour("ink-3") : undefined; },
          },
        }],
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
          annotation: { clip: true, annotations: data.zones.map(zone) },
          tooltip: {
            callbacks: {
              title: function (items) { return data.titles[items[0].dataIndex]; },
              label: function (item) { return data.shown[item.dataIndex] + "  " + data.words[item.dataIndex]; },
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
