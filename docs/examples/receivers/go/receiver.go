// A receiver of Minilab's webhooks, on the reference library of Standard Webhooks.
//
// Run it with MINILAB_WEBHOOK_SECRET=whsec_… go run . [PORT].
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"sync"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const maxBytes = 64 * 1024

type event struct {
	Type string `json:"type"`
	Data struct {
		URL string `json:"url"`
	} `json:"data"`
}

func main() {
	webhook, err := standardwebhooks.NewWebhook(os.Getenv("MINILAB_WEBHOOK_SECRET"))
	if err != nil {
		log.Fatal(err)
	}
	// Every event arrives at least once: keep these IDs where a restart does not lose them.
	var handledIDs sync.Map
	receive := func(response http.ResponseWriter, request *http.Request) {
		payload, err := io.ReadAll(http.MaxBytesReader(response, request.Body, maxBytes))
		if err != nil {
			response.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		var received event
		if webhook.Verify(payload, request.Header) != nil || json.Unmarshal(payload, &received) != nil {
			response.WriteHeader(http.StatusBadRequest)
			return
		}
		id := request.Header.Get("webhook-id")
		if _, isHandled := handledIDs.LoadOrStore(id, true); !isHandled {
			fmt.Println(received.Type, id, received.Data.URL)
		}
		// Answer at once; put longer work into a queue first.
		response.WriteHeader(http.StatusNoContent)
	}
	port := "9000"
	if len(os.Args) > 1 {
		port = os.Args[1]
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+port, http.HandlerFunc(receive)))
}
