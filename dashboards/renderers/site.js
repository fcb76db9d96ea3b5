/* The script of every page: theme, menu, filters from a disk, tables that sort and search, figures. It asks nobody for anything. */
(function () {
  "use strict";
  var root = document.documentElement;
  var THEME = "tollhouse-theme";
  var LANGUAGE = "tollhouse-language";

  function stored(key) {
    /* A browser may refuse storage to pages from disk. */
    try { return window.localStorage.getItem(key); } catch (refused) { return null; }
  }
  function store(key, value) {
    try { window.localStorage.setItem(key, value); } catch (refused) { return; }
  }
  function all(selector, inside) {
    return Array.prototype.slice.call((inside || document).querySelectorAll(selector));
  }

  function isDark() {
    var chosen = root.dataset.theme;
    return chosen ? chosen === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
  }
  /* Before the first paint. */
  if (stored(THEME)) { root.dataset.theme = stored(THEME); }

  function colour(name) { return window.getComputedStyle(root).getPropertyValue(name).trim(); }

  /* The colours of the theme, as plotly's relayout takes them: nothing but them, so that a resize at work is not undone. */
  function colours(layout) {
    var ink = colour("--ink"), line = colour("--line"), axis = colour("--axis");
    var found = {
      "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "font.color": ink,
      "hoverlabel.bgcolor": colour("--paper"), "hoverlabel.bordercolor": axis, "hoverlabel.font.color": ink
    };
    Object.keys(layout).forEach(function (key) {
      if (/^[xy]axis/.test(key)) {
        found[key + ".gridcolor"] = line;
        found[key + ".linecolor"] = found[key + ".zerolinecolor"] = axis;
      }
    });
    return found;
  }

  /* The layout with these colours, before it is drawn first. */
  function dressed(layout) {
    var found = colours(layout);
    Object.keys(found).forEach(function (path) {
      var names = path.split("."), last = names.pop(), place = layout;
      names.forEach(function (name) { place = place[name] = place[name] || {}; });
      place[last] = found[path];
    });
    return layout;
  }

  function drawn() { return all(".figure").filter(function (place) { return place.dataset.drawn; }); }

  function draw() {
    if (!window.Plotly) { return; }
    var config = JSON.parse(document.getElementById("figure-config").textContent);
    all(".figure").forEach(function (place) {
      var figure = JSON.parse(document.getElementById(place.id + "-data").textContent);
      var names = figure.layout.xaxis;
      /* Names below upright columns run into each other where there is little room. */
      if (names && names.type === "category" && place.clientWidth < 560) { names.tickangle = -60; }
      window.Plotly.newPlot(place, figure.data, dressed(figure.layout), config);
      place.dataset.drawn = "yes";
      if (Object.keys(figure.links).length) {
        place.classList.add("leads-on");
        place.on("plotly_click", function (event) {
          var point = event.points[0];
          var address = figure.links[point.y] || figure.links[point.x];
          if (address) { window.location.href = address; }
        });
      }
    });
  }

  function redress() {
    drawn().forEach(function (place) { window.Plotly.relayout(place, colours(place.layout)); });
  }

  function themes() {
    var button = document.querySelector("[data-theme-switch]");
    if (!button) { return; }
    button.hidden = false;
    button.addEventListener("click", function () {
      root.dataset.theme = isDark() ? "light" : "dark";
      store(THEME, root.dataset.theme);
      redress();
    });
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redress);
  }

  function menu() {
    var details = document.querySelector("[data-menu]");
    if (!details) { return; }
    var narrow = window.matchMedia("(max-width: 1100px)");
    function fit() { details.open = !narrow.matches; }
    fit();
    narrow.addEventListener("change", fit);
  }

  function filters() {
    all("form[data-filters][data-static]").forEach(function (form) {
      form.addEventListener("submit", function (event) {
        event.preventDefault();
        /* The choice that was changed leads; the others stand in its address already. */
        var changed = all("select", form).filter(function (select) {
          return !select.options[select.selectedIndex].defaultSelected;
        })[0];
        var option = changed && changed.options[changed.selectedIndex];
        if (option) { window.location.href = option.dataset.address; }
      });
    });
  }

  function number(text) {
    var plain = text.replace(/,/g, "").replace(/\s*%$/, "");
    return plain !== "" && !isNaN(plain) ? Number(plain) : null;
  }

  function compare(left, right) {
    var a = number(left), b = number(right);
    if (a !== null && b !== null) { return a - b; }
    if (a !== null || b !== null) { return a !== null ? -1 : 1; }
    return left.localeCompare(right, root.lang);
  }

  function asked(changes) {
    var query = new URLSearchParams(window.location.search);
    Object.keys(changes).forEach(function (name) {
      if (changes[name]) { query.set(name, changes[name]); } else { query.delete(name); }
    });
    return "?" + query.toString();
  }

  function sortable(table) {
    var name = table.dataset.table;
    var isCut = "cut" in table.dataset;
    var body = table.tBodies[0];
    if (isCut && !/^https?:$/.test(window.location.protocol)) { return; }
    all("thead th", table).forEach(function (head, position) {
      var button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      while (head.firstChild) { button.appendChild(head.firstChild); }
      head.appendChild(button);
      button.addEventListener("click", function () {
        var down = head.getAttribute("aria-sort") === "ascending";
        if (isCut) {
          var current = new URLSearchParams(window.location.search).get("sort");
          var up = name + "." + position + ".up";
          window.location.search = asked({ sort: current === up ? name + "." + position + ".down" : up });
          return;
        }
        all("thead th", table).forEach(function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        var rows = Array.prototype.slice.call(body.rows).map(function (row) {
          return { row: row, text: row.cells[position].textContent.trim() };
        });
        rows.sort(function (a, b) {
          /* What is empty stays at the end. */
          var emptyA = a.text === "\u2013", emptyB = b.text === "\u2013";
          if (emptyA || emptyB) { return emptyA - emptyB; }
          return (down ? -1 : 1) * compare(a.text, b.text);
        });
        rows.forEach(function (each) { body.appendChild(each.row); });
      });
    });
  }

  function searchable(table) {
    var isCut = "cut" in table.dataset;
    var isServed = /^https?:$/.test(window.location.protocol);
    var find = isServed ? new URLSearchParams(window.location.search).get("find") : null;
    var rows = Array.prototype.slice.call(table.tBodies[0].rows);
    if ((rows.length < 12 && !find) || (isCut && !isServed)) { return; }
    var field = document.createElement("input");
    field.type = "search";
    field.className = "find";
    field.placeholder = field.ariaLabel = document.body.dataset.find;
    field.setAttribute("aria-label", field.placeholder);
    if (find) { field.value = find; }
    table.parentNode.parentNode.insertBefore(field, table.parentNode);
    field.addEventListener("input", function () {
      if (isCut || find) { return; }
      var wanted = field.value.trim().toLocaleLowerCase();
      if (wanted) { unfold(table); }
      rows.forEach(function (row) {
        row.hidden = wanted !== "" && row.textContent.toLocaleLowerCase().indexOf(wanted) < 0;
      });
      var foot = table.tFoot;
      /* A part of the rows does not sum to the total of all. */
      if (foot) { foot.hidden = wanted !== ""; }
    });
    if (isCut || find) {
      field.addEventListener("change", function () {
        window.location.search = asked({ find: field.value.trim() });
      });
    }
  }

  /* On a phone, where each row is a card, a long table begins with twenty of them (site.css). */
  function foldable(table) {
    var number = table.tBodies[0].rows.length;
    if (number <= 20) { return; }
    var button = document.createElement("button");
    button.type = "button";
    button.className = "unfold";
    button.textContent = document.body.dataset.all + " (" + number + ")";
    table.classList.add("folded");
    table.parentNode.insertAdjacentElement("afterend", button);
    button.addEventListener("click", function () { unfold(table); });
  }

  function unfold(table) {
    table.classList.remove("folded");
    all(".unfold", table.parentNode.parentNode).forEach(function (button) {
      if (button.previousElementSibling === table.parentNode) { button.remove(); }
    });
  }

  function printing(isPaper) {
    drawn().forEach(function (place) {
      var width = place.closest(".pair:not(:has([data-high], th:nth-child(5)))") ? 335 : 690;
      window.Plotly.relayout(place, isPaper ? { width: width } : { width: null, autosize: true });
    });
  }

  function edition() {
    var known = window.tollhouseEdition;
    if (!known) { return; }
    all("[data-edition]").forEach(function (place) {
      place.textContent = known[place.dataset.edition];
      if (place.dataset.edition === "badge") {
        place.classList.remove("tone-neutral");
        place.classList.add("tone-" + known.tone);
      }
    });
  }

  /* The index of a site has no content of its own. */
  function lead() {
    var languages = all("a[data-lead]");
    if (!languages.length) { return; }
    var chosen = stored(LANGUAGE) || root.dataset.default;
    var link = languages.filter(function (each) { return each.dataset.lead === chosen; })[0] || languages[0];
    window.location.replace(link.href);
  }

  document.addEventListener("DOMContentLoaded", function () {
    lead();
    edition();
    themes();
    menu();
    filters();
    all("table[data-table]").forEach(function (table) { searchable(table); sortable(table); foldable(table); });
    all("a[data-language]").forEach(function (link) {
      link.addEventListener("click", function () { store(LANGUAGE, link.dataset.language); });
    });
    draw();
  });
  window.addEventListener("beforeprint", function () { printing(true); });
  window.addEventListener("afterprint", function () { printing(false); });
}());
