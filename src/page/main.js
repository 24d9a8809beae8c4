// @ts-check
const root = /** @type {HTMLElement} */ (document.getElementById('app'));
try {
  const [{ html, render }, { App }] = await Promise.all([import('htm/preact'), import('./app.js')]);
  root.replaceChildren();
  render(html`<${App} />`, root);
} catch (error) {
  const again = document.createElement('a');
  again.href = location.pathname;
  again.textContent = 'Load it again';
  again.addEventListener('click', (event) => {
    event.preventDefault();
    location.reload();
  });
  const told = document.createElement('p');
  told.append('The page did not arrive whole. ', again, '.');
  root.querySelector('main')?.append(told);
  throw error;
}

export {};
