/* GNU oSIP. It parses the headers that it has a type for when the message is parsed, and takes each
   part of each from malloc(). */
#include "parser.h"

#include <osipparser2/osip_parser.h>
#include <stdio.h>
#include <stdlib.h>

/* It wants to be asked for once before anything is parsed. */
__attribute__((constructor)) static void prepare(void)
{
  parser_init();
}

static const char *value_of(osip_uri_param_t *parameter)
{
  return parameter == NULL ? NULL : parameter->gvalue;
}

void *read_message(const char *octets, size_t length, struct reading *reading)
{
  osip_message_t *message;
  osip_via_t *via = NULL;
  osip_contact_t *contact = NULL;
  osip_uri_param_t *from_tag = NULL, *to_tag = NULL, *branch = NULL;

  if (osip_message_init(&message) != OSIP_SUCCESS) return NULL;
  if (osip_message_parse(message, octets, length) != OSIP_SUCCESS) return NULL;
  osip_message_get_via(message, 0, &via);
  osip_message_get_contact(message, 0, &contact);
  if (message->from == NULL || message->to == NULL || message->cseq == NULL || via == NULL)
    return NULL;
  osip_from_get_tag(message->from, &from_tag);
  osip_to_get_tag(message->to, &to_tag);
  osip_via_param_get_byname(via, "branch", &branch);
  reading->from_uri = message->from->url;
  reading->from_tag = value_of(from_tag);
  reading->to_uri = message->to->url;
  reading->to_tag = value_of(to_tag);
  reading->via_host = via->host;
  reading->via_branch = value_of(branch);
  reading->sequence = strtoul(message->cseq->number, NULL, 10);
  reading->method = message->cseq->method;
  reading->contact_uri = contact == NULL ? NULL : contact->url;
  return message;
}

void free_message(void *message)
{
  osip_message_free(message);
}

void print_uri(const void *uri)
{
  char *text = NULL;
  osip_uri_to_str(uri, &text);
  fputs(text, stdout);
  osip_free(text);
}
