/* Handlers of the control interface, one file for each resource; `context` is the struct control_options. What they ask
 * and answer is in proto/admin/. */
#ifndef HOST_ADMIN_RESOURCES_H
#define HOST_ADMIN_RESOURCES_H

#include "http/handler.h"

/* status.c, licenses.c, reload.c */
void resource_status(void *context, struct http_request *request);
void resource_licenses(void *context, struct http_request *request);
void resource_reload(void *context, struct http_request *request);

/* machines.c; the request's name is the machine's, or the digits that it begins with. */
void resource_machines(void *context, struct http_request *request);
void resource_machine(void *context, struct http_request *request);
void resource_label(void *context, struct http_request *request);
void resource_block(void *context, struct http_request *request);
void resource_unblock(void *context, struct http_request *request);

/* reclaim.c and why.c: the same. */
void resource_why(void *context, struct http_request *request);
void resource_reclaim(void *context, struct http_request *request);

/* archive.c: the same as copy.c. */
void resource_archive(void *context, struct http_request *request);
void resource_archiving(void *context, struct http_request *request);
void resource_archive_check(void *context, struct http_request *request);

/* answers.c: text, for files; the body of the first is the note of a machine. */
void resource_answer(void *context, struct http_request *request);
void resource_introduction(void *context, struct http_request *request);

/* copy.c: begins, and says how far it is. */
void resource_copy(void *context, struct http_request *request);
void resource_copying(void *context, struct http_request *request);

/* denials.c */
void resource_denials(void *context, struct http_request *request);

/* ledger.c; the request's name for tiles is what follows API_LEDGER. */
void resource_checkpoint(void *context, struct http_request *request);
void resource_epochs(void *context, struct http_request *request);
void resource_verify(void *context, struct http_request *request);
void resource_tiles(void *context, struct http_request *request);

/* export.c: a whole ledger, also of a former epoch. */
void resource_export(void *context, struct http_request *request);

#endif
