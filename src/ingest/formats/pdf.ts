import { PDFLoader } from '@langchain/community/document_loaders/fs/pdf';
import * as pdfjs from 'unpdf/pdfjs';
import { AppError } from '../../errors.ts';
import { LONGEST_HEADING, LONGEST_TEXT, type LoadedDocument } from '../loaded-document.ts';
import { NamedMappings } from './pdf-cmaps.ts';
import { type FormField, fieldsByPage, withFieldValues } from './pdf-fields.ts';
import { layOutPage, type TextItem, tablesIn } from './pdf-layout.ts';
import { acrossBreak } from './pdf-paragraphs.ts';
import { withoutRunningLines } from './running-lines.ts';
import { itemStarts } from './text.ts';

/** Each page costs about a millisecond, however little is on it, and a file may name one page ten thousand times. */
const MOST_PAGES = 5_000;
/** Fonts are kept for the pages to come, unless they take more memory than this. After that, reading them anew pays for so many pages. */
const MOST_KEPT_BYTES = 160 * 1_024 * 1_024;
const PAGES_AT_ONCE = 25;

/** Names that programs put into a PDF's title when its author gave none. */
const NO_TITLE =
  /^(?:untitled|\(?anonymous\)?|title|document\d*|slide 1|powerpoint presentation|microsoft (?:word|powerpoint|excel) - .*)$|\.\w{2,4}$/i;

type Info = { Title?: unknown };

/**
 * The text of a PDF: its pages in order, separated by a blank line unless a sentence goes on. Paragraphs are put together from their lines,
 * each row of a table is a line, running headers and page numbers are left out, and form values are put in their places. LangChain's
 * `PDFLoader` reads it, with the pdf.js that unpdf ships; pages are laid out by us (pdf-layout.ts), because the loader would run words of
 * different lines together or keep every line end. The title is the PDF's own, or else its first line. Scanned pages have no text: there is no OCR.
 * @throws {AppError} `BAD_DOCUMENT` for a PDF that needs a password, is damaged, has too many pages or unfolds to too much text.
 */
export async function loadPdf(bytes: Uint8Array): Promise<Omit<LoadedDocument, 'format'>> {
  const reader = createReader();
  try {
    const blob = new Blob([Uint8Array.from(bytes)]);
    const pages = await new PDFLoader(blob, { pdfjs: async () => reader.library }).load();
    const texts = withoutRunningLines(pages.map((page) => page.pageContent)).filter((page) => page !== '');
    const text = acrossBreak(texts.map((page) => ({ text: page, mayGoOn: true })));
    const info: Info = pages[0]?.metadata.pdf?.info ?? {};
    return { text, title: titleOf(info, text), headings: [], blocks: tablesIn(text), breaks: itemStarts(text) };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const needsPassword = cause instanceof Error && cause.name === 'PasswordException';
    const message = needsPassword
      ? 'The PDF needs a password. Save it without one and try again.'
      : "The PDF is damaged: it can't be read.";
    throw new AppError('BAD_DOCUMENT', message, { cause });
  } finally {
    await reader.close();
  }
}

type Library = Awaited<ReturnType<NonNullable<NonNullable<ConstructorParameters<typeof PDFLoader>[1]>['pdfjs']>>>;

/** pdf.js as the loader wants it, but quiet, with each page's items laid out into one, and closed by `close`, which the loader omits. */
function createReader(): { library: Library; close: () => Promise<void> } {
  let task: pdfjs.PDFDocumentLoadingTask | undefined;
  let length = 0;

  async function getTextContent(page: pdfjs.PDFPageProxy, fields: FormField[]) {
    const content = await page.getTextContent();
    const items = content.items.filter((item): item is TextItem & typeof item => 'str' in item);
    const text = cleaned(layOutPage(withFieldValues(items, fields)));
    page.cleanup();
    length += text.length;
    if (length > LONGEST_TEXT) throw new AppError('BAD_DOCUMENT', 'The PDF holds too much text.');
    return { items: [{ str: text, transform: [1, 0, 0, 1, 0, 0] }] };
  }

  function getDocument(parameters: object) {
    task = pdfjs.getDocument({
      ...parameters,
      verbosity: pdfjs.VerbosityLevel.ERRORS,
      stopAtErrors: false,
      useWorkerFetch: false,
      BinaryDataFactory: NamedMappings,
      cMapPacked: false,
    });
    return {
      promise: task.promise.then(async (document) => {
        if (document.numPages > MOST_PAGES)
          throw new AppError('BAD_DOCUMENT', `The PDF has more than ${MOST_PAGES} pages. Part it and try again.`);
        const fields = fieldsByPage((await document.getFieldObjects()) as Record<string, FormField[]> | null);
        return {
          numPages: document.numPages,
          getMetadata: () => document.getMetadata(),
          getPage: async (number: number) => {
            const isFull = number % PAGES_AT_ONCE === 0 && process.memoryUsage().heapUsed > MOST_KEPT_BYTES;
            if (isFull) await document.cleanup();
            const page = await document.getPage(number);
            return { getTextContent: () => getTextContent(page, fields.get(number - 1) ?? []) };
          },
        };
      }),
    };
  }

  return {
    library: { isV2: false, getDocument, version: pdfjs.version } as unknown as Library,
    close: async () => {
      await task?.destroy();
    },
  };
}

/** Fonts without a proper table yield stray surrogates and NUL bytes. */
function cleaned(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}

function titleOf(info: Info, text: string): string | null {
  const own = typeof info.Title === 'string' ? cleaned(info.Title).replace(/\s+/g, ' ').trim() : '';
  if (own !== '' && own.length <= LONGEST_HEADING && !NO_TITLE.test(own)) return own;
  const firstLine = text.trimStart().split('\n', 1)[0]!.trim();
  return firstLine !== '' && firstLine.length <= LONGEST_HEADING ? firstLine : null;
}
