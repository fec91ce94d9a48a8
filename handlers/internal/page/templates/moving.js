location.replace(document.getElementById("to").href);
