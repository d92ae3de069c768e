// The chat on Centrifuge (Go), each room a channel with its history on. Usage: centrifuge PORT
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/centrifugal/centrifuge"
)

// What a client resumes by: as many messages as Hubbub replays, in memory.
const (
	historySize = 300
	historyTime = 5 * time.Minute
)

// chatMessage is what a client publishes, and with a timestamp what its room is told; Centrifuge
// puts the message's number beside it.
type chatMessage struct {
	Type      string  `json:"type"`
	Message   string  `json:"message"`
	Username  *string `json:"username"`
	Timestamp string  `json:"timestamp"`
}

// eventOf makes the event of a message, if it is one of 1 to 1000 characters.
func eventOf(data []byte) ([]byte, error) {
	var message chatMessage
	if err := json.Unmarshal(data, &message); err != nil || message.Type != "chat_message" {
		return nil, centrifuge.ErrorBadRequest
	}
	if strings.TrimSpace(message.Message) == "" || utf8.RuneCountInString(message.Message) > 1000 {
		return nil, centrifuge.ErrorBadRequest
	}
	if message.Username == nil {
		anonymous := "Anonymous"
		message.Username = &anonymous
	}
	message.Timestamp = time.Now().UTC().Format(time.RFC3339Nano)
	return json.Marshal(message)
}

func serve(node *centrifuge.Node, client *centrifuge.Client) {
	client.OnSubscribe(func(_ centrifuge.SubscribeEvent, reply centrifuge.SubscribeCallback) {
		options := centrifuge.SubscribeOptions{Recover: true}
		reply(centrifuge.SubscribeReply{Options: options}, nil)
	})
	client.OnPublish(func(event centrifuge.PublishEvent, reply centrifuge.PublishCallback) {
		data, err := eventOf(event.Data)
		if err != nil {
			reply(centrifuge.PublishReply{}, err)
			return
		}
		history := centrifuge.WithHistory(historySize, historyTime)
		result, err := node.Publish(event.Channel, data, history)
		reply(centrifuge.PublishReply{Result: &result}, err)
	})
}

func main() {
	node, err := centrifuge.New(centrifuge.DefaultConfig)
	if err != nil {
		log.Fatal(err)
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{}}, nil
	})
	node.OnConnect(func(client *centrifuge.Client) { serve(node, client) })
	if err := node.Run(); err != nil {
		log.Fatal(err)
	}
	config := centrifuge.WebsocketConfig{ReadBufferSize: 1024, UseWriteBufferPool: true}
	http.Handle("/connection/websocket", centrifuge.NewWebsocketHandler(node, config))
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
