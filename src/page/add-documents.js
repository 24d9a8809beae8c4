// @ts-check
// Adds documents: files are dropped or chosen, text is pasted.
import { html } from 'htm/preact';
import { useRef, useState } from 'preact/hooks';
import { filesOf } from './dropped-files.js';
import { useRefused } from './key-rights.js';
import { PasteText } from './paste-text.js';

/** The extensions of files that the service reads, for the browser's dialog. */
export const acceptedExtensions =
  '.md,.markdown,.mdx,.txt,.text,.html,.htm,.pdf,.docx,.epub,.csv,.tsv,.json,.jsonl,.ndjson,.ipynb';

/** @param {{ collection: string, add: (files: { file: Blob | null, source: string }[]) => void, afterChange: () => Promise<void> }} props */
export function AddDocuments({ collection, add, afterChange }) {
  const picker = useRef(/** @type {HTMLInputElement | null} */ (null));
  const isRefused = useRefused('write');
  const [isOver, setOver] = useState(false);
  const named = (/** @type {Iterable<File>} */ files) => [...files].map((file) => ({ file, source: file.name }));
  const drop = async (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    setOver(false);
    if (event.dataTransfer && !isRefused) add(await filesOf(event.dataTransfer));
  };
  const over = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    setOver(!isRefused);
  };
  return html`<section class="add" aria-label="Add documents">
    <div class="drop card ${isOver ? 'over' : ''}" onDragOver=${over} onDragLeave=${() => setOver(false)} onDrop=${drop}>
      ${isRefused && html`<p>This key does not allow adding files.</p>`}
      <p>${!isRefused && html`<strong>Drop files here</strong> or `}<button type="button" class="primary" disabled=${isRefused} aria-describedby=${isRefused ? 'refused-write' : undefined} onClick=${() => picker.current?.click()}>Choose files</button></p>
      <p class="quiet">Markdown, text, HTML, PDF, DOCX, EPUB, CSV, JSON. A file of the same name is replaced.</p>
      <input ref=${picker} class="hidden" type="file" multiple accept=${acceptedExtensions} tabindex="-1" aria-label="Files to upload" onChange=${(
        /** @type {any} */ { currentTarget },
      ) => {
        add(named(currentTarget.files));
        currentTarget.value = '';
      }} />
    </div>
    <${PasteText} collection=${collection} afterChange=${afterChange} />
  </section>`;
}
