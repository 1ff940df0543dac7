/*
 * Sentences for people, marked so that they can be translated.
 *
 * What a person reads stands in `_("...")` where it is said, and in `N_("...")` where it lies in a table, whose reader
 * says `_(row->text)`. Both are the text itself as long as there is one language. What programs read is never marked:
 * keys, names of errors, words of documents, lines of the log. Nor is an example of a command line.
 *
 * A sentence is marked whole and takes its parts by printf, so that a translator sees all of it; of things that are
 * counted both forms are marked.
 */
#ifndef BASE_SENTENCES_H
#define BASE_SENTENCES_H

#define _(text)  (text)
#define N_(text) text

#endif
