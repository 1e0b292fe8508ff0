// What makes the pages nicer to use; none of them needs it.

// Menus close when one clicks elsewhere or presses Escape.
document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.qm-menu[open]")) {
        if (!menu.contains(event.target)) menu.open = false;
    }
});
document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details.qm-menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
});

// Copy buttons. The clipboard needs a secure context; elsewhere the text is selected for copying by hand.
document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = document.getElementById(button.dataset.copy);
    text.select();
    const label = button.querySelector("[data-copy-label]");
    try {
        await navigator.clipboard.writeText(text.value);
        label.textContent = "Copied";
    } catch {
        label.textContent = "Press Ctrl+C";
    }
    setTimeout(() => { label.textContent = "Copy"; }, 2500);
});
