// The published document's JavaScript, as it prints it, and below each a few lines that drive it.
// The test puts the server's port in the place of 8000 and runs this with `ws` as the WebSocket.
global.WebSocket = require('ws');
const shown = { textContent: '' };
const document = { getElementById: (id) => (id === 'counter' ? shown : null) };
const localStorage = { getItem: (key) => (key === 'auth_token' ? process.env.TOKEN : null) };
const reconnect = () => console.log('reconnecting');
const getCookie = (name) => (name === 'csrftoken' ? process.env.CSRF : null);
const page = 'http://localhost:8000';
const browserFetch = globalThis.fetch;
const fetch = (path, options) => browserFetch(page + path, {
    ...options,
    headers: { ...options.headers, Cookie: process.env.COOKIE },
});
setTimeout(() => process.exit(3), 20000).unref();

function chat() {
    // Connect
    const socket = new WebSocket(`ws://localhost:8000/ws/chat/general/`);

    // Handle messages
    socket.onmessage = function(event) {
        const data = JSON.parse(event.data);

        if (data.type === 'chat_message') {
            console.log(`${data.username}: ${data.message}`);
        }
        else if (data.type === 'notification') {
            console.log(data.message);
        }
    };

    socket.onopen = function() {
        // Send message
        socket.send(JSON.stringify({
            type: 'chat_message',
            message: 'Hello!',
            username: 'John'
        }));
    };
    return socket;
}

function notifications() {
    // Connect
    const notifSocket = new WebSocket(`ws://localhost:8000/ws/notifications/`);

    // Handle notifications
    notifSocket.onmessage = function(event) {
        const data = JSON.parse(event.data);

        if (data.type === 'notification') {
            // Show notification
            showNotification(
                data.title,
                data.message,
                data.priority
            );
        }
    };

    // Display notification
    function showNotification(title, message, priority) {
        const badge = priority === 'high' ? '⚠️ ' : 'ℹ️ ';
        console.log(`${badge}${title}: ${message}`);
    }
    return notifSocket;
}

async function sendNotification() {
    const response = await fetch('/api/notifications/send/', {
        method: 'POST',
        headers: {
            'Content-Type': 'application/json',
            'X-CSRFToken': getCookie('csrftoken')
        },
        body: JSON.stringify({
            title: 'New Alert',
            message: 'Important update!',
            priority: 'high'
        })
    });

    const result = await response.json();
    console.log(result);
}

function counting() {
    // Connect
    let counter = 0;
    const counterSocket = new WebSocket(`ws://localhost:8000/ws/counter/`);

    // Handle updates
    counterSocket.onmessage = function(event) {
        const data = JSON.parse(event.data);

        if (data.type === 'counter_update') {
            // Update counter based on action
            switch(data.action) {
                case 'increment':
                    counter += data.value;
                    break;
                case 'decrement':
                    counter -= data.value;
                    break;
                case 'reset':
                    counter = 0;
                    break;
            }
            updateDisplay();
        }
    };

    // Send increment
    function increment() {
        counterSocket.send(JSON.stringify({
            action: 'increment',
            value: 1
        }));
    }

    // Send decrement
    function decrement() {
        counterSocket.send(JSON.stringify({
            action: 'decrement',
            value: 1
        }));
    }

    // Send reset
    function reset() {
        counterSocket.send(JSON.stringify({
            action: 'reset',
            value: 0
        }));
    }

    function updateDisplay() {
        document.getElementById('counter').textContent = counter;
        console.log(`counter shows ${shown.textContent}`);
    }

    counterSocket.onopen = () => {
        reset();
        increment();
        increment();
        decrement();
    };
    return counterSocket;
}

function withToken() {
    // Get token from storage
    const token = localStorage.getItem('auth_token');

    // Include in WebSocket URL or headers
    const socket = new WebSocket(
        `ws://localhost:8000/ws/chat/general/?token=${token}`
    );

    socket.onopen = () => socket.send(JSON.stringify({ type: 'chat_message', message: 'It is me' }));
    socket.onmessage = (event) => {
        const data = JSON.parse(event.data);
        if (data.message === 'It is me') {
            console.log(`signed in as ${data.username}`);
            socket.close(1000);
        }
    };

    socket.onerror = function(error) {
        console.error('WebSocket error:', error);
        // Reconnect logic
        setTimeout(reconnect, 3000);
    };

    socket.onclose = function(e) {
        if (e.wasClean) {
            console.log('Connection closed normally');
        } else {
            console.error('Connection lost');
            setTimeout(reconnect, 3000);
        }
    };
    return socket;
}

const open = [chat(), notifications(), counting(), withToken()];
open[1].addEventListener('message', () => sendNotification(), { once: true });
const printed = [];
const log = console.log;
console.log = (...words) => {
    log(...words);
    printed.push(words.join(' '));
    const wanted = ['John: Hello!', '⚠️ New Alert: Important update!', 'Connection closed normally'];
    const counted = printed.filter((line) => line.startsWith('counter shows')).length === 5;
    const answered = printed.includes('[object Object]');
    if (counted && answered && wanted.every((line) => printed.includes(line))) {
        process.exit(0);
    }
};
