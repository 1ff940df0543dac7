/*
 * The INI file in which a vendor describes a product and its editions.
 *
 *   [product]
 *   id = studio
 *   title = Acme Studio
 *   grace = 30d                 optional; 30 days otherwise
 *
 *   [edition pro]
 *   title = Acme Studio Pro
 *   features = export, render   optional; may go on in indented lines or be given again; NAME=VALUE where one has a
 *                               value that a license has unless it says another
 *
 * Comments begin with ';' or '#'; lines have at most 198 bytes, ids of editions 40.
 *
 * Always: a product that was read makes a valid product document; its editions ascend by id. Pure; for one thread.
 */
#ifndef DESK_PRODUCT_FILE_H
#define DESK_PRODUCT_FILE_H

#include "base/reason.h"
#include "core/documents/documents.h"

enum { PRODUCT_FILE_MAX = 64 * 1024 };
#define GRACE_DEFAULT ((seconds)30 * DAY)

/* Fills in everything that the file says, the vendor, and the generic key of each edition; keys and date of issue are
 * the caller's. TEXT_EMPTY, TEXT_NOT_UTF8, TEXT_TOO_LONG (a line), CONFIG_SYNTAX, CONFIG_UNKNOWN_KEY, CONFIG_BAD_VALUE,
 * DOCUMENT_DUPLICATE_KEY, DOCUMENT_LIMIT, DOCUMENT_MISSING_KEY, with the line where there is one. The reason
 * names the key, where the error's own sentence does not say it all. */
RESULT product_file_read(struct slice text, const char *vendor, struct product *ret_product, struct reason *reason);

#endif
