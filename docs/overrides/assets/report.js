// Below each block a link to a new issue: which file, on which torch, and the SHA-256 of
// the code on this page. A page has such a link itself, which works without scripts.
(() => { // scripts of a page share their names
  const report = document.querySelector(".report")
  const choice = document.querySelector(".site-release select")

  // Only pages from a safe address, such as https: or file:, can compute it.
  async function hashOf(text) {
    if (!crypto.subtle) return ""
    const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))
    return [...new Uint8Array(bytes)].map(byte => byte.toString(16).padStart(2, "0")).join("")
  }

  async function addLink(foot) {
    const block = foot.closest(".snippet")
    const file = block.querySelector(".filename").textContent
    const hash = await hashOf(block.querySelector("code").textContent)
    const link = document.createElement("a")
    link.className = "snippet-report"
    link.textContent = report.dataset.block
    link.setAttribute("aria-label", `${report.dataset.block} ${block.id}`)
    const point = () => {
      const release = choice?.value || choice?.options[1].value || ""
      const body = [file, `torch ${release}`, hash && `sha256 ${hash}`].filter(Boolean).join("\n")
      link.href = report.dataset.pattern
        .replace("{title}", encodeURIComponent(file)).replace("{body}", encodeURIComponent(body))
    }
    point()
    choice?.addEventListener("change", point)
    const proof = foot.querySelector(".snippet-proof")
    proof?.addEventListener("toggle", point) // the choice may have changed in another window
    ;(proof ?? foot).append(link)
  }

  if (report) document.querySelectorAll(".snippet-foot").forEach(addLink)
})()
