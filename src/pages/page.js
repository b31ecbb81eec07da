/** Makes the pages more comfortable. Nothing on them needs it: each form works as plain HTML. */

for (const button of document.querySelectorAll('.reveal')) {
  const input = document.getElementById(button.getAttribute('aria-controls'))
  const reveal = (shown) => {
    input.type = shown ? 'text' : 'password'
    button.setAttribute('aria-pressed', String(shown))
    button.textContent = shown ? button.dataset.hide : button.dataset.show
  }
  button.hidden = false
  button.addEventListener('click', () => {
    reveal(input.type === 'password')
    input.focus()
  })
  // Browsers offer to keep, and on some systems to spell-check, what was sent from a plain text field.
  input.form.addEventListener('submit', () => reveal(false))
}

for (const line of document.querySelectorAll('.caps-lock')) {
  const input = document.getElementById(line.dataset.field)
  const update = (event) => {
    const on = event.getModifierState?.('CapsLock') ?? false
    line.textContent = on ? line.dataset.text : ''
  }
  input.addEventListener('keydown', update)
  input.addEventListener('keyup', update)
  input.addEventListener('blur', () => {
    line.textContent = ''
  })
}

/** A form leaves once. The button stays enabled, so that its name and value are sent and its focus is kept. */
for (const form of document.querySelectorAll('form[method=post]')) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) {
      event.preventDefault()
      return
    }
    form.dataset.sent = 'yes'
    event.submitter?.setAttribute('aria-busy', 'true')
  })
}

/** Nothing is to be filled in there: the button is for whoever has no script. */
for (const form of document.querySelectorAll('form[data-send-at-once]')) {
  addEventListener('load', () => form.requestSubmit(form.querySelector('button')))
}

/** The page may come back from the browser's memory when its reader goes back. */
addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-sent]')) {
    delete form.dataset.sent
    for (const button of form.querySelectorAll('[aria-busy]')) button.removeAttribute('aria-busy')
  }
})
