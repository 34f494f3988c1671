// Delay the search index and the worker, which are larger than a page, until the reader
// uses the search or comes from a result. Load our own worker instead of the theme's.
{
  const ours = new URL("search-worker.js", document.currentScript.src).href
  const wanted = new Promise(go => {
    if (/[?&][qh]=/.test(location.search)) go()
    addEventListener("focusin", event => {
      if (event.target.matches(".md-search__input")) go()
    })
  })

  const request = XMLHttpRequest.prototype
  const { open, send } = request
  request.open = function (method, url, ...rest) {
    this.waits = /search_index\.json$/.test(url)
    open.call(this, method, url, ...rest)
  }
  request.send = function (body) {
    if (this.waits) wanted.then(() => send.call(this, body))
    else send.call(this, body)
  }

  const Worker = window.Worker
  window.Worker = class extends EventTarget {
    constructor() {
      super()
      this.worker = wanted.then(() => {
        const worker = new Worker(ours)
        worker.addEventListener("message", ({ data }) => {
          this.dispatchEvent(new MessageEvent("message", { data }))
        })
        return worker
      })
    }
    postMessage(message) {
      this.worker.then(worker => worker.postMessage(message))
    }
  }
}
