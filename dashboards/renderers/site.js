/* Shows one language at a time, remembers which, and draws the figures of the page that is seen. Needs no network. */
(function () {
  "use strict";
  var KEY = "tollhouse.language";
  var root = document.documentElement;
  var pages = Array.prototype.slice.call(document.querySelectorAll("[data-language]"));
  var config = JSON.parse(document.getElementById("figure-config").textContent);

  function known(language) {
    return pages.some(function (page) { return page.dataset.language === language; });
  }

  function remembered() {
    try { return window.localStorage.getItem(KEY); } catch (refused) { return null; }
  }

  function remember(language) {
    /* A browser may refuse storage to pages from disk: then the links between the pages carry the choice. */
    try { window.localStorage.setItem(KEY, language); } catch (refused) { return; }
  }

  function figures(page) {
    return Array.prototype.slice.call(page.querySelectorAll(".figure"));
  }

  function draw(page) {
    if (!window.Plotly) { return; }
    figures(page).forEach(function (place) {
      if (place.dataset.drawn) { return; }
      var figure = JSON.parse(document.getElementById(place.id + "-data").textContent);
      var settings = JSON.parse(JSON.stringify(config));
      settings.locale = page.dataset.language;
      window.Plotly.newPlot(place, figure.data, figure.layout, settings);
      place.dataset.drawn = "yes";
    });
  }

  function show(language) {
    pages.forEach(function (page) {
      page.hidden = page.dataset.language !== language;
      if (page.hidden) { return; }
      root.lang = page.lang;
      document.title = page.dataset.title;
      Array.prototype.forEach.call(page.querySelectorAll("a[data-page]"), function (link) {
        link.search = "?language=" + language;
      });
      draw(page);
    });
  }

  Array.prototype.forEach.call(document.querySelectorAll("[data-switch-to]"), function (button) {
    button.addEventListener("click", function () {
      remember(button.dataset.switchTo);
      show(button.dataset.switchTo);
    });
  });

  function printing(width) {
    pages.forEach(function (page) {
      if (page.hidden) { return; }
      figures(page).forEach(function (place) {
        if (place.dataset.drawn) { window.Plotly.relayout(place, width ? { width: width } : { width: null, autosize: true }); }
      });
    });
  }

  window.addEventListener("beforeprint", function () { printing(690); });
  window.addEventListener("afterprint", function () { printing(null); });

  var asked = new URLSearchParams(window.location.search).get("language");
  var choice = [asked, remembered()].filter(known)[0] || root.dataset.default;
  if (known(asked)) { remember(asked); }
  show(choice);
}());
