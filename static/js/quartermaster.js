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

// A page that says so is read again now and then, until it does not say so any more.
document.addEventListener("DOMContentLoaded", follow);

function follow() {
    const marked = document.querySelector("[data-refresh-seconds]");
    if (!marked) return;
    setTimeout(async () => {
        if (!document.hidden) await readAgain().catch(() => {}); // away for a moment: the next time will do
        follow();
    }, Number(marked.dataset.refreshSeconds) * 1000);
}

async function readAgain() {
    const answer = await fetch(location.href);
    const now = document.getElementById("content-main");
    const then = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("content-main");
    if (!answer.ok || !then || !getSelection().isCollapsed) return;
    const focused = now.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    now.replaceWith(then);
    if (focused) [...then.querySelectorAll("a[href]")].find((link) => link.getAttribute("href") === focused)?.focus();
}
