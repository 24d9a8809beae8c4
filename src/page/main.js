// @ts-check
const root = /** @type {HTMLElement} */ (document.getElementById('app'));
try {
  const [{ html, render }, { App }] = await Promise.all([import('htm/preact'), import('./app.js')]);
  root.replaceChildren();
  render(html`<${App} />`, root);
} catch (error) {
  const reload = document.createElement('a');
  reload.href = location.pathname;
  reload.textContent = 'Reload it';
  reload.addEventListener('click', (event) => {
    event.preventDefault();
    location.reload();
  });
  const notice = document.createElement('p');
  notice.append('The page did not load completely. ', reload, '.');
  root.querySelector('.loading')?.replaceWith(notice);
  throw error;
}

export {};
