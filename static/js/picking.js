// Long lists, narrowed while one types and summed up while one picks. Without it the server does both.

for (const search of document.querySelectorAll("[data-narrows]")) {
    const name = search.dataset.narrows;
    const shown = [...document.querySelectorAll(`[data-narrowed="${name}"] > *`)];
    const nothing = document.querySelector(`[data-nothing="${name}"]`);
    search.addEventListener("input", () => {
        const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
        for (const each of shown) {
            const picked = each.querySelector("input:checked") !== null;
            each.hidden = !picked && !words.every((word) => each.dataset.text.includes(word));
        }
        if (nothing) nothing.hidden = shown.some((each) => !each.hidden);
    });
}

const boxes = [...document.querySelectorAll("input[data-tokens]")];

function sumUp() {
    const picked = boxes.filter((box) => box.checked);
    tell("[data-chosen]", picked.length);
    tell("[data-sum]", picked.reduce((sum, box) => sum + Number(box.dataset.tokens), 0));
}

function tell(selector, number) {
    const told = document.querySelector(selector);
    told.textContent = (number + Number(told.dataset.more)).toLocaleString("en");
}

if (boxes.length) {
    document.addEventListener("change", (event) => { if (event.target.matches("input[data-tokens]")) sumUp(); });
    sumUp(); // a browser that goes back keeps what was ticked
}

for (const button of document.querySelectorAll("[data-picks]")) {
    button.addEventListener("click", () => {
        const offered = boxes.filter((box) => !box.closest("tr").hidden);
        const all = offered.every((box) => box.checked);
        for (const box of offered) box.checked = !all;
        sumUp();
    });
}
