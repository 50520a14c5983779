// The pages work without this file; it only makes them nicer.
"use strict";

// A refused form: lead keyboard and screen reader to what is wrong.
document.getElementById("summary")?.focus();

// One click is enough. The server takes a form once in any case.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form")) delete form.dataset.sent;
});

// Signed in again: on to the form that was being filled in.
document.querySelector("form[data-resume]")?.requestSubmit();

// Cancelling a number of units means "Cancel items".
const items = document.querySelector("input[name=scope][value=items]");
for (const field of document.querySelectorAll("input[name^=quantity-]")) {
  field.addEventListener("input", () => { if (items) items.checked = true; });
}

// The total of a refund while it is typed, in whole minor units, written as money is in
// the language of the page.
const refund = document.querySelector("form[data-currency]");
if (refund) {
  const { currency, decimals } = refund.dataset;
  const unit = 10 ** Number(decimals);
  const money = new Intl.NumberFormat(document.documentElement.lang, {
    style: "currency", currency, minimumFractionDigits: Number(decimals),
  });
  const amount = new RegExp(`^\\d{1,12}${Number(decimals) ? `(\\.\\d{1,${decimals}})?` : ""}$`);
  const output = document.getElementById("total");
  const sum = () => {
    let total = 0;
    for (const item of refund.querySelectorAll("[data-item]")) {
      if (!item.querySelector("[data-choice]").checked) continue;
      for (const field of item.querySelectorAll("[data-amount]")) {
        const text = field.value.trim();
        // What is no amount is told by the server; it counts as nothing here.
        if (amount.test(text)) total += Number(field.dataset.amount) * Math.round(Number(text) * unit);
      }
    }
    output.textContent = money.format(total / unit);
  };
  refund.addEventListener("input", (event) => {
    // Whoever writes an amount means to refund the item.
    const item = event.target.closest("[data-item]");
    if (item && event.target.value && !event.target.matches("[data-choice]")) {
      item.querySelector("[data-choice]").checked = true;
    }
    sum();
  });
  refund.querySelector(".total").hidden = false;
  sum();
}

// Look again until a submission has ended, without loading the whole page.
const look = async () => {
  const shown = document.getElementById("progress");
  if (!shown || shown.dataset.ended === "1") return;
  try {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    if (answer.redirected) return location.reload();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("progress");
    if (answer.ok && fresh && !fresh.isEqualNode(shown)) {
      shown.replaceWith(fresh);
      const said = document.getElementById("announced");
      if (said) said.textContent = fresh.querySelector("[data-announce]").dataset.announce;
    }
  } catch {
    // Out of reach just now; it is tried again.
  }
  setTimeout(look, 1000);
};
setTimeout(look, 500);
