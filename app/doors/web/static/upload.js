// Shows how far an upload is. The form works without this file.
"use strict";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.id !== "upload" || event.defaultPrevented) return;
  event.preventDefault();
  const problem = document.getElementById("upload-problem");
  const tell = (text) => {
    problem.textContent = text;
    delete form.dataset.sent;
  };
  const file = document.getElementById("file").files[0];
  const kind = document.getElementById("kind");
  if (!kind.reportValidity()) return tell("");
  if (!file || !file.size) return tell(form.dataset.nothing);
  if (file.size > Number(form.dataset.most)) return tell(form.dataset.tooLong);
  tell("");
  form.dataset.sent = "1";

  const shown = document.getElementById("upload-progress");
  const bar = document.getElementById("upload-bar");
  const label = shown.querySelector("label");
  const sending = new XMLHttpRequest();
  let told = -1;
  const show = (percent) => {
    bar.value = percent;
    // Every tenth is told, or a screen reader would never come to an end.
    if (Math.floor(percent / 10) === told) return;
    told = Math.floor(percent / 10);
    label.textContent = percent < 100 ? label.dataset.text.replace("{}", percent) : label.dataset.checking;
  };
  sending.upload.addEventListener("progress", (step) => {
    if (step.lengthComputable) show(Math.floor((step.loaded / step.total) * 100));
  });
  sending.addEventListener("error", () => {
    shown.hidden = true;
    tell(form.dataset.lost);
  });
  sending.addEventListener("load", () => {
    delete form.dataset.sent;
    if (new URL(sending.responseURL).pathname !== location.pathname) {
      location.assign(sending.responseURL);
      return;
    }
    const page = new DOMParser().parseFromString(sending.responseText, "text/html");
    document.getElementById("content").replaceWith(page.getElementById("content"));
    document.getElementById("summary")?.focus();
  });
  shown.hidden = false;
  show(0);
  sending.open("POST", form.action);
  sending.send(new FormData(form));
});
