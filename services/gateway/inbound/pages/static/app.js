// What pages do beside what HTML does by itself. Every page works without it, but for charts.

// Moments, which stand in UTC, in the reader's own zone.
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]:not([data-local])")) {
    const moment = new Date(time.dateTime);
    if (!Number.isNaN(moment.valueOf())) {
      time.textContent = MOMENT.format(moment);
      time.dataset.local = "";
    }
  }
}

// A part of the page that is read again when the server says so, and every few seconds where it cannot say so.
class Live extends HTMLElement {
  connectedCallback() {
    if (this.dataset.ended !== undefined) return;
    this.source = new EventSource(this.getAttribute("src"));
    this.source.addEventListener("changed", () => this.refresh());
    this.source.addEventListener("ended", () => { this.disconnectedCallback(); this.refresh(); });
    this.source.onerror = () => { this.timer ??= setInterval(() => this.refresh(), 5000); };
    this.source.onopen = () => { clearInterval(this.timer); this.timer = undefined; };
  }
  disconnectedCallback() {
    this.source?.close();
    clearInterval(this.timer);
  }
  refresh() {
    window.htmx.ajax("GET", location.href, { target: this.dataset.target, select: this.dataset.target, swap: "outerMorph" });
  }
}
customElements.define("mb-live", Live);

// Events as they happen, the newest first: the server sends each as a row, and only so many stay.
class Tail extends HTMLElement {
  connectedCallback() {
    const [state, list] = [this.querySelector("[role=status]"), this.querySelector("ol")];
    const seen = new Set();
    const say = (word) => { if (state.textContent !== state.dataset[word]) state.textContent = state.dataset[word]; };
    this.source = new EventSource(this.getAttribute("src"));
    const add = (row) => {
      list.insertAdjacentHTML("afterbegin", row);
      while (list.children.length > Number(this.dataset.kept)) list.lastElementChild.remove();
      localise(list);
    };
    let refusal = "";
    this.source.addEventListener("refused", (message) => { refusal = JSON.parse(message.data).why; });
    this.source.addEventListener("listening", () => { refusal = ""; say(list.children.length ? "told" : "here"); });
    this.source.onerror = () => {
      if (this.source.readyState === EventSource.CLOSED) say("over");
      else if (refusal) state.textContent = refusal;
      else say("away");
    };
    this.source.addEventListener("missed", (message) => add(JSON.parse(message.data).row));
    this.source.addEventListener("event", (message) => {
      const told = JSON.parse(message.data);
      if (seen.has(told.id)) return;
      seen.add(told.id);
      if (seen.size > 10 * this.dataset.kept) seen.delete(seen.values().next().value);
      add(told.row);
      say("told");
    });
  }
  disconnectedCallback() { this.source?.close(); }
}
customElements.define("mb-tail", Tail);

// A button that copies what it names; shown only where copying can be done.
function readyButtons(root) {
  for (const button of root.querySelectorAll("button[data-copy]")) button.hidden = !navigator.clipboard;
}
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("button[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
  const was = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = was; }, 1500);
});

// A form is sent once, and a filter as soon as it is chosen.
document.addEventListener("submit", (event) => {
  const buttons = event.target.querySelectorAll("button:not([type=button])");
  setTimeout(() => buttons.forEach((button) => { button.disabled = true; }));
});
addEventListener("pageshow", () => document.querySelectorAll("form button:disabled").forEach((button) => { button.disabled = false; }));
document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form.filters");
  if (form && event.target.matches("select")) form.requestSubmit();
});

function ready(root) { localise(root); readyButtons(root); }
document.addEventListener("DOMContentLoaded", () => ready(document));
document.addEventListener("htmx:after:swap", () => {
  ready(document);
  document.querySelectorAll("form button:disabled").forEach((button) => { button.disabled = false; });
  document.querySelectorAll("form[data-clear] textarea").forEach((field) => { field.value = ""; });
});
