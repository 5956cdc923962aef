// [data-refresh="2"]: a page that shows work going on looks again by itself.
const working = document.querySelector("[data-refresh]");
if (working) setTimeout(() => document.hidden || location.reload(), Number(working.dataset.refresh) * 1000);
