// Add a link to each block that opens a new issue with the file, the torch release and
// the SHA-256 of the code. The page itself has a link that works without scripts.
(() => { // All scripts of a page share one scope.
  const report = document.querySelector(".report")
  const choice = document.querySelector(".site-release select")

  // Browsers offer crypto.subtle only in secure contexts, such as https: or file:.
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
    proof?.addEventListener("toggle", point) // Another window may have changed it.
    ;(proof ?? foot).append(link)
  }

  if (report) document.querySelectorAll(".snippet-foot").forEach(addLink)
})()
