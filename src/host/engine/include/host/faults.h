/* What is wrong with what was asked, said behind the sentence of a denial. Thread-safe. */
#ifndef HOST_FAULTS_H
#define HOST_FAULTS_H

#include "core/documents/documents.h"

/* Adds the fault's name, and its line where it has one. */
void denial_add_fault(struct denial *denial, struct result fault);

#endif
