"""What the brand's people type into a platform's own app, and what another company's bot says."""

NATIVE_ANSWERS = {
    "pt": (
        "Oi! Aqui é a Bia, do time. Já estou olhando isso pra você, tá?",
        "Oie, vi agora! Me chama no privado com o número do pedido que eu resolvo por lá.",
        "Poxa, que chato. Vou falar com a loja e te conto ainda hoje.",
    ),
    "en": (
        "Hey, Bia from the team here. Looking into it right now.",
        "Sorry about this! Send me a private message with your order number, please.",
    ),
    "es": (
        "¡Hola! Soy Bia, del equipo. Ya lo estoy revisando.",
        "Uf, qué pena. Escribime por privado con el número de pedido, por favor.",
    ),
}
# One text with the number of a protocol; the words are those of any company's automatic answer.
BOT_SAYS = (
    "Olá! Recebemos sua mensagem e abrimos o protocolo {}. Nossa equipe responde em até 2 dias úteis.",
    "Agradecemos o contato! Seu atendimento foi registrado sob o protocolo {}. Em breve retornaremos.",
    "Olá, tudo bem? Sua reclamação foi registrada: protocolo {}. Já estamos cuidando disso.",
)
