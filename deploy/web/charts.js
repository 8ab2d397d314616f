// <mb-chart>: an ECharts chart of the JSON inside it, in the colours of the page.
import * as echarts from "echarts/core";
import { BarChart, CandlestickChart, CustomChart, HeatmapChart, LineChart, ParallelChart, ScatterChart } from "echarts/charts";
import {
  DataZoomComponent, GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent, MarkPointComponent, ParallelComponent,
  TooltipComponent, VisualMapComponent,
} from "echarts/components";
import { CanvasRenderer } from "echarts/renderers";

echarts.use([
  BarChart, CandlestickChart, CustomChart, HeatmapChart, LineChart, ParallelChart, ScatterChart, DataZoomComponent, GridComponent,
  LegendComponent, MarkAreaComponent, MarkLineComponent, MarkPointComponent, ParallelComponent, TooltipComponent, VisualMapComponent,
  CanvasRenderer,
]);

const SHADES = ["--ink", "--soft", "--line", "--strong", "--sheet", "--chart-1", "--chart-2", "--chart-3", "--chart-4", "--chart-5", "--good", "--bad"];

class Chart extends HTMLElement {
  constructor() {
    super();
    // ECharts empties what it draws into; the JSON stays beside, for another scheme, and for who swaps it.
    this.room = this.attachShadow({ mode: "open" }).appendChild(document.createElement("div"));
    this.room.style.cssText = "width: 100%; height: 100%";
  }

  connectedCallback() {
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    // When a scheme changes, colours have theirs a frame later.
    this.redraw = () => requestAnimationFrame(() => this.draw());
    this.scheme.addEventListener("change", this.redraw);
    this.resizer = new ResizeObserver(() => this.chart?.resize());
    this.resizer.observe(this);
    this.changes = new MutationObserver(this.redraw);
    this.changes.observe(this, { childList: true, characterData: true, subtree: true });
    // The parser may not have come to the element's content yet.
    if (this.querySelector("script")) this.draw(); else queueMicrotask(this.redraw);
  }

  disconnectedCallback() {
    this.scheme.removeEventListener("change", this.redraw);
    this.resizer.disconnect();
    this.changes.disconnect();
    this.chart?.dispose();
    this.chart = undefined;
  }

  // A custom property says `light-dark(…)`; what that comes to only a colour in use tells.
  shades() {
    const probe = this.shadowRoot.appendChild(document.createElement("i"));
    const found = Object.fromEntries(SHADES.map((name) => {
      probe.style.color = `var(${name})`;
      return [name, getComputedStyle(probe).color];
    }));
    probe.remove();
    return found;
  }

  draw() {
    const source = this.querySelector("script[type='application/json']");
    if (!source || !this.isConnected) return;
    const shade = this.shades();
    const text = JSON.stringify(JSON.parse(source.textContent)).replace(/var\((--[\w-]+)\)/g, (whole, name) => shade[name] ?? whole);
    const option = JSON.parse(text);
    const axis = {
      axisLine: { lineStyle: { color: shade["--line"] } }, axisLabel: { color: shade["--soft"], hideOverlap: true },
      splitLine: { lineStyle: { color: shade["--line"] } }, axisTick: { show: false }, nameTextStyle: { color: shade["--soft"] },
    };
    this.chart?.dispose();
    this.chart = echarts.init(this.room, {
      color: [1, 2, 3, 4, 5].map((number) => shade[`--chart-${number}`]), textStyle: { color: shade["--ink"], fontFamily: getComputedStyle(this).fontFamily },
      valueAxis: axis, categoryAxis: { ...axis, splitLine: { show: false } }, timeAxis: { ...axis, splitLine: { show: false } }, logAxis: axis,
      legend: { icon: "roundRect", itemWidth: 14, itemHeight: 8, textStyle: { color: shade["--soft"] }, pageTextStyle: { color: shade["--soft"] } },
      parallel: { axisLine: { lineStyle: { color: shade["--strong"] } }, axisLabel: { color: shade["--soft"] } },
    });
    // Rich text is drawn on the canvas: an HTML tooltip would need inline style, which the pages' policy forbids.
    const tooltip = option.tooltip && {
      ...option.tooltip, renderMode: "richText", confine: true, backgroundColor: shade["--sheet"], borderColor: shade["--line"],
      textStyle: { color: shade["--ink"], fontSize: 12 },
    };
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.chart.setOption({ animation: !still, animationDuration: 300, ...option, ...(tooltip ? { tooltip } : {}) });
  }
}
customElements.define("mb-chart", Chart);
