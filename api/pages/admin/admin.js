// Buttons with data-copy="<id>" copy the value of a field, and say so.
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (button === null) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    document.execCommand("copy"); // On plain HTTP there is no clipboard; the field is selected.
  }
  button.textContent = button.dataset.copied;
  button.setAttribute("role", "status");
});

// On a phone the plot of the days scrolls sideways, too: it begins with today.
document.getElementById("days")?.scrollTo({ left: 10_000 });

// On a phone the sections scroll sideways: the current one is shown.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
