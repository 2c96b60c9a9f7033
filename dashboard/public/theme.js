// Before the first paint: the theme that was chosen here, if one was. Nothing else is kept in this browser.
(function () {
  try {
    var theme = localStorage.getItem('latchkey.theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch (error) {
    // Storage is switched off: the theme of the system it is.
  }
})();
