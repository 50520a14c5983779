// Validates a document as soon as it is pasted, typed or dropped. The button does the
// same without this file.
"use strict";

const check = document.getElementById("check");
const typed = document.getElementById("text");
let pause;

const validate = async () => {
  const answer = await fetch(check.action, { method: "POST", body: new FormData(check), credentials: "same-origin" });
  if (answer.redirected) return location.reload();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("checked");
  const problem = page.getElementById("text-problem");
  if (!fresh) return;
  document.getElementById("checked").replaceChildren(...fresh.childNodes, ...(problem ? [problem] : []));
};

typed.addEventListener("input", () => {
  clearTimeout(pause);
  document.getElementById("file").value = "";
  pause = setTimeout(() => { if (typed.value.trim()) validate().catch(() => {}); }, 600);
});
for (const name of ["dragover", "drop"]) {
  typed.addEventListener(name, (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    if (name === "dragover") return;
    document.getElementById("file").files = event.dataTransfer.files;
    validate().catch(() => {});
  });
}
document.getElementById("file").addEventListener("change", () => validate().catch(() => {}));
