/* Status line and headers of an answer. Pure. */
#ifndef HTTP_SYNTAX_HEAD_H
#define HTTP_SYNTAX_HEAD_H

#include "http/handler.h"

enum { HEAD_SIZE = 512 };

/* How the end of the answer is told. */
enum head_framing { FRAMED_BY_LENGTH, FRAMED_BY_CHUNKS, FRAMED_BY_CLOSE };

/* The words of a status; "" for one that no handler uses. */
const char *status_words(int status);
/* Writes the head and returns its size. `length`: where it is framed by that. `date` is a header line or "". */
size_t head_write(const struct http_response *response, enum head_framing framing, uint64_t length, const char *date,
                  bool closing, char ret_text[static HEAD_SIZE]);

#endif
