// The API index: add a field that filters the names by the words that a reader types.
(() => { // All scripts of a page share one scope.
  const words = {
    zh: { label: "筛选", counted: (n, all) => `${all} 个名字中的 ${n} 个` },
    en: { label: "Filter", counted: (n, all) => `${n} of ${all} names` },
  }[document.documentElement.lang]
  const title = document.querySelector("#api-index")
  const content = title.parentElement

  // The name of an entry is the id of its paragraph, or of an anchor in the paragraph.
  const entries = []
  let section
  for (const part of content.children) {
    if (part.matches("h2")) section = { heading: part, entries: [] }
    const name = part.id || part.querySelector(":scope > a[id]")?.id
    if (section && part.matches("p") && name) {
      const entry = { part, name: name.toLowerCase(), section }
      entries.push(entry)
      section.entries.push(entry)
    }
  }

  const row = document.createElement("div")
  row.className = "api-filter"
  row.innerHTML = `<label for="api-filter">${words.label}</label>
    <input id="api-filter" type="search" autocomplete="off" autocapitalize="off" spellcheck="false">
    <output for="api-filter"></output>`
  content.querySelector("h2").before(row)
  const input = row.querySelector("input")

  function filter() {
    const typed = input.value.toLowerCase().split(/\s+/).filter(Boolean)
    let n = 0
    for (const entry of entries) {
      entry.isShown = typed.every(word => entry.name.includes(word))
      entry.part.classList.toggle("is-left-out", !entry.isShown)
      n += entry.isShown
    }
    for (const { section: { heading, entries: below } } of entries) {
      heading.classList.toggle("is-left-out", !below.some(entry => entry.isShown))
    }
    content.classList.toggle("filtered", typed.length > 0)
    row.querySelector("output").textContent = typed.length ? words.counted(n, entries.length) : ""
  }
  input.addEventListener("input", filter)
  // Clear the filter when the reader follows a link to a name, so that it's visible.
  addEventListener("hashchange", () => { input.value = ""; filter() })
})()
