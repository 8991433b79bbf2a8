/* What every page does in the browser: theme, keyboard, forms that send themselves. Everything works without it. */
(function () {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");

  /* ---- theme: the server reads the cookie, so the next page comes in the right colours at once ---- */
  function theme() { return root.dataset.theme || "system"; }

  function show(choice) {
    if (choice === "system") delete root.dataset.theme;
    else root.dataset.theme = choice;
    document.dispatchEvent(new Event("themechange"));
  }

  function showTheme() {
    document.querySelectorAll("[data-theme-choice]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme()));
    });
  }

  function chooseTheme(choice) {
    const year = choice === "system" ? 0 : 60 * 60 * 24 * 365;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = "theme=" + choice + "; Path=/; SameSite=Lax; Max-Age=" + year + secure;
    show(choice);
    showTheme();
  }

  document.querySelectorAll("[data-themes]").forEach(function (group) { group.hidden = false; });
  document.querySelectorAll("[data-theme-choice]").forEach(function (button) {
    button.addEventListener("click", function () { chooseTheme(button.dataset.themeChoice); });
  });
  showTheme();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", function () {
    document.dispatchEvent(new Event("themechange"));
  });

  /* ---- tabs that scroll sideways on a narrow screen: the current one is in sight ---- */
  document.querySelectorAll(".pages-of [aria-current], .tabs [aria-current]").forEach(function (tab) {
    const strip = tab.parentElement;
    strip.scrollLeft += tab.getBoundingClientRect().left - strip.getBoundingClientRect().left - (strip.clientWidth - tab.offsetWidth) / 2;
  });

  /* ---- forms ---- */
  document.querySelectorAll("[data-submit]").forEach(function (field) {
    field.addEventListener("change", function () {
      if (field.form.reportValidity()) field.form.requestSubmit();
    });
  });
  /* Empty filters stay out of the address. */
  document.querySelectorAll("[data-filter]").forEach(function (form) {
    form.addEventListener("formdata", function (event) {
      Array.from(event.formData.keys()).forEach(function (name) {
        if (!event.formData.get(name)) event.formData.delete(name);
      });
    });
  });

  document.querySelectorAll("[data-unfold]").forEach(function (button) {
    button.addEventListener("click", function () {
      button.setAttribute("aria-expanded", String(button.getAttribute("aria-expanded") === "false"));
    });
  });

  /* ---- imports: a bar that moves, and files that are dropped ---- */
  document.querySelectorAll("[data-progress]").forEach(function (place) {
    const bar = place.querySelector("progress");
    const text = place.querySelector("output");
    function ask() {
      fetch(place.dataset.progress, { headers: { Accept: "application/json" } }).then(function (answer) {
        if (!answer.ok) throw new Error(answer.statusText);
        return answer.json();
      }).then(function (now) {
        if (now.state !== place.dataset.state) { location.reload(); return; }
        if (now.percent === null) bar.removeAttribute("value"); else bar.value = now.percent;
        if (text.textContent !== now.text) text.textContent = now.text;
        setTimeout(ask, 1000);
      }).catch(function () { setTimeout(ask, 5000); });
    }
    setTimeout(ask, 500);
  });

  /* ---- a list of clocks: they run, and every half minute the server says what the list is now ---- */
  document.querySelectorAll("[data-fresh]").forEach(function (place) {
    const told = document.querySelector("[data-checked]");
    let ahead = 0; // of the server's clock, compared with this one
    let checked = 0;
    let asked = 0;
    let lost = false;

    function adopt() {
      const list = place.querySelector("[data-now]");
      checked = asked = Date.now();
      ahead = Date.parse(list.dataset.now) - checked;
      document.querySelectorAll("[data-late-now]").forEach(function (badge) {
        badge.hidden = list.dataset.late === "0";
        badge.querySelectorAll("[data-count]").forEach(function (place) {
          place.textContent = list.dataset[place.dataset.count];
        });
      });
      const all = place.querySelector("[data-all]");
      if (all) all.hidden = false;
      run();
    }

    /* The sentences are the server's, in the page's language. */
    function words(seconds) {
      const side = seconds < 0 ? "late" : "left";
      const whole = Math.floor(Math.abs(seconds));
      const minutes = Math.floor(whole / 60);
      const hours = Math.floor(minutes / 60);
      const days = Math.floor(hours / 24);
      const size = hours < 1 ? "Minutes" : hours < 48 ? "Hours" : "Days";
      const said = { minutes: minutes % 60, hours: size === "Days" ? hours % 24 : hours, days: days };
      return place.dataset[side + size].replace(/%\((\w+)\)s/g, function (_all, name) { return said[name]; });
    }

    function run() {
      const now = Date.now() + ahead;
      place.querySelectorAll("[data-due]").forEach(function (left) {
        const seconds = (Date.parse(left.dataset.due) - now) / 1000;
        const text = words(seconds);
        if (left.textContent !== text) left.textContent = text;
        left.className = "left " + (seconds < 4 * 3600 ? "red" : seconds < 12 * 3600 ? "yellow" : "calm");
      });
    }

    /* Nothing is taken away from under a hand: a focus, a tick, an open menu keep the list as it is. */
    function held() {
      return place.contains(document.activeElement) || place.querySelector("details[open], input:checked") !== null;
    }

    function tell() {
      const seconds = Math.round((Date.now() - checked) / 1000);
      const stale = seconds > 45;
      told.classList.toggle("on", !lost && !stale);
      told.classList.toggle("lost", lost);
      told.lastElementChild.textContent = lost ? told.dataset.lost
        : stale && held() ? told.dataset.held : told.dataset.ago.replace("%(seconds)s", seconds);
    }

    function ask() {
      asked = Date.now();
      fetch(place.dataset.fresh).then(function (answer) {
        if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
        return answer.text();
      }).then(function (html) {
        lost = false;
        if (held()) return;
        place.innerHTML = html;
        adopt();
      }).catch(function () { lost = true; }).then(tell);
    }

    place.addEventListener("change", function (event) {
      if (!event.target.matches("[data-all]")) return;
      place.querySelectorAll("input[name=turn]").forEach(function (tick) { tick.checked = event.target.checked; });
    });
    setInterval(function () {
      if (document.visibilityState !== "visible") return;
      run();
      tell();
      if (Date.now() - asked >= 30000 && !held()) ask();
    }, 1000);
    adopt();
    tell();
  });

  document.querySelectorAll("[data-drop]").forEach(function (form) {
    const field = form.querySelector("input[type=file]");
    const place = field.closest(".drop");
    const told = form.querySelector(".dropped");
    function tell() {
      told.textContent = Array.from(field.files).map(function (file) { return file.name; }).join(" · ");
    }
    ["dragover", "dragleave", "drop"].forEach(function (kind) {
      place.addEventListener(kind, function (event) {
        event.preventDefault();
        place.classList.toggle("over-it", kind === "dragover");
        if (kind !== "drop" || !event.dataTransfer.files.length) return;
        field.files = event.dataTransfer.files;
        tell();
      });
    });
    field.addEventListener("change", tell);
  });

  /* ---- a link that is copied instead of followed; where nothing can be copied it stays a link ---- */
  document.querySelectorAll("[data-copy]").forEach(function (link) {
    if (!navigator.clipboard) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = link.className;
    button.setAttribute("aria-live", "polite");
    button.textContent = link.dataset.copy;
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(link.href).then(function () {
        button.textContent = link.dataset.done;
      }, function () { location.assign(link.href); });
    });
    link.replaceWith(button);
  });

  /* ---- what was done is told in a corner until it is closed ---- */
  document.querySelectorAll(".messages").forEach(function (list) {
    list.querySelectorAll(".message").forEach(function (message) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn icon quiet";
      button.setAttribute("aria-label", list.dataset.close);
      button.textContent = "\u00d7";
      button.addEventListener("click", function () { message.remove(); });
      message.append(button);
    });
  });

  /* ---- account switcher ---- */
  document.querySelectorAll("[data-switcher]").forEach(function (switcher) {
    const field = switcher.querySelector("[data-search]");
    const place = switcher.querySelector("[data-found]");
    let asked = 0;
    let waiting = null;
    function find() {
      const mine = ++asked;
      waiting = fetch(switcher.dataset.switcher + "&q=" + encodeURIComponent(field.value)).then(function (answer) {
        if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
        return answer.text();
      }).then(function (html) { if (mine === asked) place.innerHTML = html; }).catch(function () {
        if (mine === asked) place.textContent = "";
      });
    }
    let pause = 0;
    field.addEventListener("input", function () {
      clearTimeout(pause);
      pause = setTimeout(find, 120);
    });
    /* Enter opens the first match; without an answer the form itself finds the accounts on the fleet page. */
    switcher.querySelector("form").addEventListener("submit", function (event) {
      event.preventDefault();
      clearTimeout(pause);
      find();
      waiting.then(function () {
        const first = place.querySelector("a");
        if (first) location.assign(first.href);
        else event.target.submit();
      });
    });
    switcher.addEventListener("toggle", function () {
      if (!switcher.open) return;
      field.focus();
      find();
    });
    switcher.addEventListener("keydown", function (event) {
      if (event.key === "Escape" && switcher.open) {
        switcher.open = false;
        switcher.querySelector("summary").focus();
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        const stops = [field].concat(Array.from(place.querySelectorAll("a")));
        const step = event.key === "ArrowDown" ? 1 : -1;
        const next = stops[stops.indexOf(document.activeElement) + step];
        if (next) { next.focus(); event.preventDefault(); }
      }
    });
    document.addEventListener("click", function (event) {
      if (!switcher.contains(event.target)) switcher.open = false;
    });
  });

  /* ---- keyboard ---- */
  const help = document.getElementById("help");
  document.querySelectorAll("[data-help]").forEach(function (button) {
    button.addEventListener("click", function () { help.showModal(); });
  });

  /* The page's own list is searched first; elsewhere one goes to another account. */
  function search() {
    const field = document.querySelector("main [data-search]");
    if (field) { field.focus(); field.select(); return true; }
    const switcher = Array.from(document.querySelectorAll("[data-switcher]")).find(function (one) { return one.checkVisibility(); });
    if (switcher) switcher.open = true;
    return Boolean(switcher);
  }

  let goes = 0;
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, select, textarea, [contenteditable], dialog[open]")) return;
    const going = Date.now() - goes < 1200;
    goes = 0;
    if (going) {
      const link = document.querySelector('[data-go="' + CSS.escape(event.key) + '"]');
      if (link) link.click();
    } else if (event.key === "g") {
      goes = Date.now();
    } else if (event.key === "/") {
      if (search()) event.preventDefault();
    } else if (event.key === "?" && help) {
      help.showModal();
    } else if ((event.key === "ArrowLeft" || event.key === "ArrowRight") && !event.target.closest(".scroll, summary")) {
      const link = document.querySelector('[data-key="' + event.key + '"]');
      if (link) link.click();
    }
  });

  /* ---- paper is white, and what is folded away on screen is printed ---- */
  let folded = [];
  let onScreen = "system";

  addEventListener("beforeprint", function () {
    onScreen = theme();
    show("light");
    folded = Array.from(document.querySelectorAll("details.twin:not([open])"));
    folded.forEach(function (details) { details.open = true; });
  });
  addEventListener("afterprint", function () {
    show(onScreen);
    folded.forEach(function (details) { details.open = false; });
  });
})();
